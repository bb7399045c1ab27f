//! Search: the cheapest draft of an operation, exactly, or as good as a budget allows.
//!
//! Best first, by branch and bound over the resolver's choices:
//!
//! 1. the operation is resolved by preference alone: the incumbent. Where it costs what the [`Space`]
//!    says any plan costs at least, or nothing had to be chosen, that is all;
//! 2. every alternative that was not taken is a branch: a script of choices up to it, with the bound of
//!    the draft at that point. Branches wait in order of their bounds, then of how often they went
//!    against preference;
//! 3. the branch with the least bound is resolved along its script and by preference from there. A draft
//!    is given up as soon as its bound reaches the incumbent's cost; a complete one may be the next
//!    incumbent; the alternatives met on the way are branches again;
//!    A draft is given up, too, when another one came to the same [`state`](super::state) for no more: so
//!    independent choices add up, and do not multiply;
//! 4. when no branch has a bound below the incumbent's cost, the incumbent is optimal; when the budget
//!    ends before, the least bound of the branches left says how far it may be from it.
//!
//! Every script is resolved anew from the start. That costs a few times what a resolver that could be
//! copied at each choice would, but leaves the resolver plain, and most operations have no branch at all.

use super::PlanError;
use super::bound;
use super::choice::Choice;
use super::draft::Draft;
use super::model::{Cost, Optimality};
use super::objective::Objective;
use super::reach::Reach;
use super::resolve::{Memory, Resolved, Resolver, Terms};
use super::schedule::{Request, Schedule, schedule};
use super::state::States;
use crate::operation::OperationKind;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How much may be spent on looking for a better plan, beyond the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Drafts begun.
    pub drafts: u32,
    /// Picks made in all drafts together: what a draft costs follows its size.
    pub picks: u64,
    /// Branches that wait at a time.
    pub branches: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { drafts: 1_000, picks: 20_000, branches: 10_000 }
    }
}

impl Budget {
    /// No end to the search: for small operations and for proofs.
    pub const UNLIMITED: Self = Self { drafts: u32::MAX, picks: u64::MAX, branches: usize::MAX };
}

/// A draft with its requests and its cost.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// What is asked, and where.
    pub draft: Draft<'a>,
    /// In which requests.
    pub requests: Vec<Request>,
    /// What that costs.
    pub cost: Cost,
    /// The choices that led here.
    pub choices: Vec<Choice>,
}

/// What the search did.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// What the relaxed space says any plan needs.
    pub bound: Cost,
    /// Drafts begun, the first one included.
    pub drafts: u32,
    /// Picks made in all of them together.
    pub picks: u64,
    /// Drafts given up because of their bound, or because another one came to the same for no more.
    pub cut: u32,
    /// Branches that were never begun because of their bound.
    pub pruned: u32,
    /// Alternatives that became branches.
    pub branched: u32,
    /// What was found of each script tried, in the order of trying.
    pub tried: Vec<Tried>,
}

/// A script, and what came of it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The choices taken, all of them where the draft was completed.
    pub taken: Vec<usize>,
    /// The cost of the plan; none when it was given up or led nowhere.
    pub cost: Option<Cost>,
}

/// The best draft found, what is known of better ones, and what was done to find it.
pub fn search<'a>(terms: Terms<'a>, budget: Budget) -> Result<(Candidate<'a>, Optimality, Trail), PlanError> {
    let mut search = Search {
        terms,
        best: None,
        error: None,
        branches: BinaryHeap::new(),
        dropped: None,
        memory: None,
        trail: Trail { bound: terms.space.bound(terms.objective), ..Trail::default() },
    };
    search.attempt(Vec::new(), 0, 0);
    let optimality = search.improve(budget);
    match search.best {
        Some(best) => Ok((best, optimality, search.trail)),
        None => Err(search.error.expect("an attempt without an error or a limit gives a draft")),
    }
}

/// A script to try. The first difference decides which is tried first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Branch {
    /// The rank of its bound.
    bound: [u32; 3],
    /// How many of its choices are not the preferred ones.
    against: u32,
    /// Its place among all branches, in the order in which they were met.
    number: u32,
    /// The attempt that it leaves, by position in [`Trail::tried`]: a script would be as long as the attempt,
    /// and there are as many branches as choices.
    leaves: usize,
    /// At which choice, and for which alternative.
    at: usize,
    other: usize,
}

struct Search<'a> {
    terms: Terms<'a>,
    best: Option<Candidate<'a>>,
    /// Why the first script led nowhere, when it did.
    error: Option<PlanError>,
    branches: BinaryHeap<Reverse<Branch>>,
    /// The least bound of the branches that found no room.
    dropped: Option<[u32; 3]>,
    memory: Option<Memory<'a>>,
    trail: Trail,
}

impl<'a> Search<'a> {
    /// Tries branches until none can be better, or the budget ends.
    fn improve(&mut self, budget: Budget) -> Optimality {
        self.note_states();
        while let Some(Reverse(branch)) = self.branches.pop() {
            if self.is_settled(branch.bound) {
                self.trail.pruned += u32::try_from(self.branches.len() + 1).unwrap_or(u32::MAX);
                self.branches.clear();
                break;
            }
            if self.trail.drafts > budget.drafts || self.trail.picks >= budget.picks {
                return self.bounded(branch.bound);
            }
            let Branch { against, leaves, at, other, .. } = branch;
            let script = self.trail.tried[leaves].taken[..at].iter().copied().chain([other]).collect();
            self.attempt(script, against, budget.branches);
        }
        match self.dropped {
            Some(dropped) if !self.is_settled(dropped) => self.bounded(dropped),
            _ => Optimality::Optimal,
        }
    }

    /// Has drafts given up that come to a state which another one came to for no more. Mutations go without: what
    /// is still to be done of them is more than the resolver has piled up.
    fn note_states(&mut self) {
        let Terms { supergraph, graph, operation, exhaustive, .. } = self.terms;
        if self.branches.is_empty() || exhaustive || operation.kind == OperationKind::Mutation {
            return;
        }
        if let Some(memory) = &mut self.memory {
            memory.states = Reach::new(supergraph, graph, operation).map(States::new);
        }
    }

    /// Whether nothing with such a bound can be better than the best.
    fn is_settled(&self, bound: [u32; 3]) -> bool {
        let Terms { objective, space, exhaustive, .. } = self.terms;
        let Some(best) = self.best.as_ref().map(|best| objective.rank(best.cost)) else { return false };
        !exhaustive && (bound >= best || best <= objective.rank(space.bound(objective)))
    }

    fn bounded(&self, bound: [u32; 3]) -> Optimality {
        let Terms { objective, space, .. } = self.terms;
        let floor = objective.rank(space.bound(objective));
        let [first, second, fields] = bound.max(floor);
        let bound = match objective {
            Objective::Latency => Cost { depth: first, requests: second, fields },
            Objective::Requests => Cost { requests: first, depth: second, fields },
        };
        Optimality::Bounded { bound }
    }

    /// Resolves along a script, and notes the branches met after it.
    fn attempt(&mut self, script: Vec<usize>, against: u32, room: usize) {
        let prescribed = script.len();
        let limit = self.best.as_ref().filter(|_| !self.terms.exhaustive).map(|best| best.cost);
        let memory = self.memory.take().unwrap_or_else(|| Memory::new(self.terms));
        let Resolved { draft, choices, picks, memory } = Resolver::new(self.terms, memory, script, limit).run();
        self.memory = Some(memory);
        self.trail.drafts += 1;
        self.trail.picks += u64::from(picks);
        let taken: Vec<usize> = choices.made.iter().map(|choice| choice.taken).collect();
        let cost = match draft {
            Ok(Some(draft)) => Some(self.complete(draft, picks, &choices.made)),
            Ok(None) => {
                self.trail.cut += 1;
                None
            }
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        };
        self.trail.tried.push(Tried { taken, cost });
        let room = if prescribed == 0 { usize::MAX } else { room };
        self.branch(&choices.made, prescribed, against, room);
    }

    /// Notes that something with this bound was not looked into.
    fn drop_bound(&mut self, bound: [u32; 3]) {
        self.dropped = Some(self.dropped.map_or(bound, |known| known.min(bound)));
    }

    fn complete(&mut self, mut draft: Draft<'a>, picks: u32, choices: &[Choice]) -> Cost {
        let objective = self.terms.objective;
        let least = bound::of_draft(&draft, self.terms.space, objective, picks, &self.terms.space.units);
        let fields = bound::fields_of(&draft, picks);
        let Schedule { requests, exact } = schedule(&mut draft, objective);
        if !exact {
            self.drop_bound(objective.rank(least));
        }
        let depth = requests.iter().map(|request| request.level).max().unwrap_or(0);
        let cost = Cost { depth, requests: u32::try_from(requests.len()).unwrap_or(u32::MAX), fields };
        let better = self.best.as_ref().is_none_or(|best| objective.rank(cost) < objective.rank(best.cost));
        if better {
            self.best = Some(Candidate { draft, requests, cost, choices: choices.to_vec() });
        }
        cost
    }

    /// Notes the alternatives of the choices that the last attempt made after the prescribed ones.
    fn branch(&mut self, made: &[Choice], prescribed: usize, against: u32, room: usize) {
        let leaves = self.trail.tried.len() - 1;
        for (at, choice) in made.iter().enumerate().skip(prescribed) {
            let bound = self.terms.objective.rank(choice.bound);
            for other in 1..choice.alternatives.len() {
                self.trail.branched += 1;
                if self.is_settled(bound) {
                    self.trail.pruned += 1;
                    continue;
                }
                if self.branches.len() >= room {
                    self.drop_bound(bound);
                    continue;
                }
                let (number, against) = (self.trail.branched, against + 1);
                self.branches.push(Reverse(Branch { bound, against, number, leaves, at, other }));
            }
        }
    }
}
