//! One metric with labels: its series in the order of their labels, so that two scrapes read alike.

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The series of a metric by their label values; `keys` are the names of the labels.
#[derive(Debug)]
pub(super) struct Family<M, const N: usize> {
    keys: [&'static str; N],
    kind: MetricType,
    series: RwLock<BTreeMap<[Arc<str>; N], Arc<M>>>,
}

/// A family that the registry and the measuring side share.
#[derive(Debug)]
pub(super) struct Shared<M, const N: usize>(pub(super) Arc<Family<M, N>>);

impl<M, const N: usize> Clone for Shared<M, N> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Default, const N: usize> Shared<M, N> {
    pub(super) fn new(keys: [&'static str; N], kind: MetricType) -> Self {
        Self(Arc::new(Family { keys, kind, series: RwLock::default() }))
    }

    /// The series with these label values, made when it is new. Not for the hot path: keep what it gives.
    pub(super) fn series(&self, labels: [&str; N]) -> Arc<M> {
        let labels = labels.map(Arc::from);
        if let Some(series) = self.0.series.read().unwrap_or_else(PoisonError::into_inner).get(&labels) {
            return Arc::clone(series);
        }
        Arc::clone(self.0.series.write().unwrap_or_else(PoisonError::into_inner).entry(labels).or_default())
    }
}

impl<M, const N: usize> Shared<M, N> {
    /// The series whose first label has this value, by the others.
    pub(super) fn with_first(&self, value: &str) -> Vec<([Arc<str>; N], Arc<M>)> {
        let series = self.0.series.read().unwrap_or_else(PoisonError::into_inner);
        let found = series.iter().filter(|(labels, _)| labels.first().is_some_and(|first| **first == *value));
        found.map(|(labels, series)| (labels.clone(), Arc::clone(series))).collect()
    }
}

impl<M: EncodeMetric, const N: usize> EncodeMetric for Shared<M, N> {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), std::fmt::Error> {
        for (values, series) in self.0.series.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels: Vec<(&str, &str)> = self.0.keys.iter().copied().zip(values.iter().map(|v| &**v)).collect();
            series.encode(encoder.encode_family(&LabelPairs(&labels))?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        self.0.kind
    }

    fn is_empty(&self) -> bool {
        self.0.series.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// Label names and values, borrowed.
#[derive(Debug)]
struct LabelPairs<'a>(&'a [(&'a str, &'a str)]);

impl EncodeLabelSet for LabelPairs<'_> {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelSetEncoder) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}
