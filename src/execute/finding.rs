//! Findings: what is wrong with a fetch, placed in the answer.
//!
//! An entity may stand for many objects and an object may be at many places; an error about it names
//! every one of them. All objects that findings are about are looked for in one walk per group.

use super::error::{Fault, PathSegment};
use super::ingest::{Asked, Place};
use super::places;
use super::report::Report;
use super::settings::SubgraphSettings;
use super::store::{Object, Store};
use std::collections::BTreeMap;

/// Something that is wrong with a fetch.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// What it is about.
    pub(super) place: Place,
    /// Where in that; for the root, the whole path.
    pub(super) tail: Vec<PathSegment>,
    /// What is wrong.
    pub(super) fault: Fault,
}

/// Reports each finding as one error for every place it concerns.
pub(super) fn tell(
    findings: &[Finding],
    asked: Asked<'_>,
    store: &Store,
    subgraph: &SubgraphSettings,
    report: &mut Report,
) {
    if findings.is_empty() {
        return;
    }
    let groups: Vec<Places> = (0..asked.fetch.entities.len())
        .map(|group| Places::find(findings, group, asked, store, report.room()))
        .collect();
    for finding in findings {
        let mut add = |path| report.add(|| finding.fault.tell(&subgraph.name, subgraph.show_errors, path));
        let prefixes = match finding.place {
            Place::Root => {
                add(finding.tail.clone());
                continue;
            }
            Place::Group(group) => groups.get(group).map(|places| places.first(asked, group)),
            Place::Entity { group, index } => groups.get(group).map(|places| places.of(asked, group, index)),
        };
        for mut path in prefixes.unwrap_or_default() {
            path.extend_from_slice(&finding.tail);
            add(path);
        }
    }
}

/// The places of those objects of a group that findings are about.
#[derive(Default)]
struct Places {
    objects: BTreeMap<usize, Vec<Object>>,
    paths: BTreeMap<Object, Vec<Vec<PathSegment>>>,
}

impl Places {
    fn find(findings: &[Finding], group: usize, asked: Asked<'_>, store: &Store, room: usize) -> Self {
        let Some(batch) = asked.batches.get(group) else { return Self::default() };
        let mut objects: BTreeMap<usize, Vec<Object>> = BTreeMap::new();
        let mut whole = false;
        for finding in findings {
            match finding.place {
                Place::Entity { group: its, index } if its == group => {
                    objects.entry(index).or_insert_with(|| batch.first.get(index).copied().into_iter().collect());
                }
                Place::Group(its) => whole |= its == group,
                _ => {}
            }
        }
        if !objects.is_empty() {
            for &(entity, object) in &batch.copies {
                if let Some(objects) = objects.get_mut(&(entity as usize)) {
                    objects.push(object);
                }
            }
        }
        let mut wanted: Vec<Object> = objects.values().flatten().copied().collect();
        wanted.extend(batch.first.first().filter(|_| whole));
        if wanted.is_empty() {
            return Self::default();
        }
        wanted.sort_unstable();
        wanted.dedup();
        let list = &asked.plan.lists[asked.fetch.entities[group].list.index()];
        let most = room.saturating_add(1).max(wanted.len().min(1000));
        let mut paths: BTreeMap<Object, Vec<Vec<PathSegment>>> = BTreeMap::new();
        for (object, path) in places::of(store, list, &wanted, most) {
            paths.entry(object).or_default().push(path);
        }
        Self { objects, paths }
    }

    /// The place of the group's first object.
    fn first(&self, asked: Asked<'_>, group: usize) -> Vec<Vec<PathSegment>> {
        let first = asked.batches.get(group).and_then(|batch| batch.first.first());
        let path = first.and_then(|object| self.paths.get(object)?.first().cloned());
        vec![path.unwrap_or_else(|| common(asked, group))]
    }

    /// The places of the objects that an entity stands for.
    fn of(&self, asked: Asked<'_>, group: usize, index: usize) -> Vec<Vec<PathSegment>> {
        let objects = self.objects.get(&index).map(Vec::as_slice).unwrap_or_default();
        let mut paths: Vec<Vec<PathSegment>> =
            objects.iter().filter_map(|object| self.paths.get(object)).flatten().cloned().collect();
        // Places that the client does not see end at the same visible one.
        paths.dedup();
        if paths.is_empty() {
            paths.push(common(asked, group));
        }
        paths
    }
}

fn common(asked: Asked<'_>, group: usize) -> Vec<PathSegment> {
    asked
        .fetch
        .entities
        .get(group)
        .map(|group| places::common(&asked.plan.lists[group.list.index()]))
        .unwrap_or_default()
}
