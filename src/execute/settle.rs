//! What comes of a fetch: its reply goes into the store, and whatever is wrong becomes errors.
//!
//! A fetch can fail as a whole (no reply, nonsense, a status) or in parts (errors that the subgraph
//! reports, values that are not what was asked, a group of entities that cannot be used). Either way
//! what is lacking is marked as explained, and each failure becomes a [`Finding`]; the findings are
//! placed in the answer at the end, with one walk for all of them.

use super::cached::Harvest;
use super::error::{Fault, PathSegment};
use super::explain;
use super::finding::{self, Finding};
use super::ingest::reported::{self, Reported};
use super::ingest::{self, Asked, Complaint, Data, Group, Ingested, Place};
use super::locate::locate;
use super::replicate::replicate;
use super::report::Report;
use super::scan::Malformed;
use super::settings::{ExecutionLimits, SubgraphSettings};
use super::store::{Object, Store};
use crate::plan::model::ShapeValue;
use crate::upstream::{FetchError, FetchReply};
use http::StatusCode;

/// A fetch that is over.
pub(super) struct Settling<'a> {
    /// What was asked.
    pub(super) asked: Asked<'a>,
    /// Where the reply goes.
    pub(super) store: &'a mut Store,
    /// Where the errors go.
    pub(super) report: &'a mut Report,
    /// Who was asked.
    pub(super) subgraph: &'a SubgraphSettings,
    /// Bounds.
    pub(super) limits: ExecutionLimits,
    /// Whether all that the fetch did not bring has been marked as explained.
    pub(super) explained: bool,
    /// Where it is gathered what of the reply can be cached.
    pub(super) harvest: Option<&'a mut Harvest>,
}

/// For the log: how a fetch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As it should.
    Fine,
    /// With errors; their number and the first.
    Errors(usize, String),
    /// There was nothing to use; why.
    Failed(String),
}

impl Settling<'_> {
    /// Takes in what came of the fetch.
    pub(super) fn settle(mut self, reply: Result<FetchReply, FetchError>) -> Outcome {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return self.fail(&Fault::NoReply { code: error.code(), message: error.to_string() }),
        };
        match self.read(&reply) {
            Ok(findings) => self.place(&findings),
            Err(Malformed(&reason)) => {
                let status = reply.status;
                self.fail(&if status.is_success() { Fault::Malformed { reason } } else { Fault::Http { status } })
            }
        }
    }

    /// Reads the reply; what is wrong with parts of it. When it fails, the store is as it was before.
    fn read(&mut self, reply: &FetchReply) -> Result<Vec<Finding>, Malformed> {
        if self.store.kept_bytes().saturating_add(reply.body.len()) > self.limits.reply_bytes {
            return Err(Malformed(&"it is too large, with what came before"));
        }
        let mut ingested = ingest::read(self.store, self.asked, &reply.body)?;
        let findings = self.judge(&mut ingested, reply);
        match (&findings, &mut self.harvest) {
            (Err(_), _) => self.store.discard(ingested.before),
            (Ok(findings), Some(harvest)) => {
                harvest.unclear |= ingested.left_out > 0 || !reply.status.is_success();
                harvest.reap(ingested.notes, findings);
            }
            (Ok(_), None) => {}
        }
        findings
    }

    fn judge(&mut self, ingested: &mut Ingested, reply: &FetchReply) -> Result<Vec<Finding>, Malformed> {
        let (errors, count) = match ingested.errors.clone().and_then(|range| reply.body.get(range)) {
            Some(json) => reported::errors(json, self.asked.depth, self.report.room())?,
            None => (Vec::new(), 0),
        };
        match (ingested.data, count) {
            (Data::Lacking, 0) => return Err(Malformed(&"it has neither `data` nor `errors`")),
            (Data::Null, 0) => return Err(Malformed(&"its `data` is null without an error")),
            (Data::Lacking | Data::Null, _) => self.explain_all(),
            (Data::Object, _) => {}
        }
        if count > 0 {
            for &(value, shape) in &ingested.hollow {
                explain::inside(self.store, self.asked.plan, value, ShapeValue::Object(shape));
            }
        }
        let mut findings = Vec::new();
        self.status(reply.status, count, &mut findings);
        let told = errors.len();
        for error in errors {
            self.reported(error, ingested.data, &mut findings);
        }
        self.report.leave_out(count - told);
        if let Some(harvest) = &mut self.harvest {
            harvest.unclear |= count > told;
        }
        if ingested.data == Data::Object {
            self.groups(&ingested.groups, count, &mut findings)?;
        }
        if count == 0 {
            findings.extend(ingested.lacking.drain(..).map(complaint));
        }
        findings.extend(ingested.complaints.drain(..).map(complaint));
        self.report.leave_out(ingested.left_out);
        Ok(findings)
    }

    /// A status of failure counts where the reply itself reports no errors.
    fn status(&self, status: StatusCode, errors: usize, findings: &mut Vec<Finding>) {
        if !status.is_success() && errors == 0 {
            findings.push(Finding { place: self.own_place(), tail: Vec::new(), fault: Fault::Http { status } });
        }
    }

    /// An error that names no place in a reply without data concerns every group; with data, the fetch as one.
    fn reported(&mut self, error: Reported, data: Data, findings: &mut Vec<Finding>) {
        let fault = Fault::Reported { message: error.message, extensions: error.extensions };
        let mut find = |place, tail| findings.push(Finding { place, tail, fault: fault.clone() });
        if let Some((place, tail)) = locate(self.store, self.asked, &error.path) {
            if !self.is_for_nobody(place) {
                find(place, tail);
            }
            return;
        }
        self.explain_all();
        let asked = self.asked.batches.iter().enumerate().filter(|(_, batch)| !batch.first.is_empty());
        let mut groups = asked.map(|(position, _)| Place::Group(position));
        match groups.next() {
            None => find(Place::Root, self.only_root_field()),
            Some(first) => {
                find(first, Vec::new());
                if data != Data::Object {
                    groups.for_each(|group| find(group, Vec::new()));
                }
            }
        }
    }

    /// Whether an error is about root fields that came along with other groups, and no object is there for them.
    fn is_for_nobody(&self, place: Place) -> bool {
        let Place::Group(position) = place else { return false };
        let group = self.asked.fetch.entities.get(position).zip(self.asked.batches.get(position));
        group.is_some_and(|(group, batch)| group.at_root && batch.first.is_empty())
    }

    /// Gives each group's entities to all objects they were asked for, or says why there are none.
    fn groups(&mut self, groups: &[Group], errors: usize, findings: &mut Vec<Finding>) -> Result<(), Malformed> {
        let asked = self.asked;
        for (position, ((group, batch), came)) in asked.fetch.entities.iter().zip(asked.batches).zip(groups).enumerate()
        {
            let reason = match came {
                Group::Fine => {
                    replicate(self.store, asked.plan, group, batch)?;
                    continue;
                }
                Group::Lacking if batch.first.is_empty() => continue,
                Group::Lacking | Group::Null => "it has no entities",
                Group::Refused(reason) => reason,
            };
            batch.objects().for_each(|object| explain::shape(self.store, asked.plan, object, group.shape));
            if errors == 0 || matches!(came, Group::Refused(_)) {
                let place = Place::Group(position);
                findings.push(Finding { place, tail: Vec::new(), fault: Fault::Malformed { reason } });
            }
        }
        Ok(())
    }

    /// The fetch gave nothing: an error for each field or group that it should have filled.
    fn fail(&mut self, fault: &Fault) -> Outcome {
        self.explain_all();
        let mut findings = Vec::new();
        let mut find = |place, tail| findings.push(Finding { place, tail, fault: fault.clone() });
        match self.asked.fetch.root {
            Some(_) => {
                let fields = self.root_fields();
                if fields.is_empty() {
                    find(Place::Root, Vec::new());
                }
                for key in fields {
                    find(Place::Root, vec![key]);
                }
            }
            None => {
                for (position, batch) in self.asked.batches.iter().enumerate() {
                    if !batch.first.is_empty() {
                        find(Place::Group(position), Vec::new());
                    }
                }
            }
        }
        self.place(&findings);
        Outcome::Failed(fault.summary())
    }

    /// Says that an error accounts for everything that the fetch did not bring.
    fn explain_all(&mut self) {
        if std::mem::replace(&mut self.explained, true) {
            return;
        }
        let asked = self.asked;
        if let Some(root) = asked.fetch.root {
            explain::shape(self.store, asked.plan, Object::ROOT, root);
        }
        for (group, batch) in asked.fetch.entities.iter().zip(asked.batches) {
            batch.objects().for_each(|object| explain::shape(self.store, asked.plan, object, group.shape));
        }
    }

    /// The place of what concerns the fetch as a whole.
    fn own_place(&self) -> Place {
        let asks = self.asked.batches.iter().position(|batch| !batch.first.is_empty());
        asks.map_or(Place::Root, Place::Group)
    }

    /// The root fields that the client sees and that this fetch fills.
    fn root_fields(&self) -> Vec<PathSegment> {
        let asked = self.asked;
        let Some(shape) = asked.fetch.root else { return Vec::new() };
        let fields = asked.plan.shapes[shape.index()].fields.iter().enumerate();
        fields
            .filter(|(position, field)| asked.liveness.is_live(field.live) && asked.asks_for(shape, *position))
            .filter_map(|(_, field)| field.response_key.clone().map(PathSegment::Key))
            .take(self.report.room().max(1))
            .collect()
    }

    /// The path of an error of a root fetch that has none, when there is but one field it can be about.
    fn only_root_field(&self) -> Vec<PathSegment> {
        let fields = self.root_fields();
        if fields.len() == 1 { fields } else { Vec::new() }
    }

    fn place(&mut self, findings: &[Finding]) -> Outcome {
        finding::tell(findings, self.asked, self.store, self.subgraph, self.report);
        match findings {
            [] => Outcome::Fine,
            [first, ..] => Outcome::Errors(findings.len(), first.fault.summary()),
        }
    }
}

fn complaint(complaint: Complaint) -> Finding {
    let Complaint { place, tail, reason } = complaint;
    Finding { place, tail, fault: Fault::Malformed { reason } }
}
