//! Derivations: what things that follow from others cost at least.
//!
//! A rule says that its conclusion is had once all its premises are. It costs what the dearest premise costs,
//! something more, and what its sequel costs, which can only begin then. The least costs are found by D. E.
//! Knuth's "A Generalization of Dijkstra's Algorithm" (Information Processing Letters 6, 1977): a rule never
//! costs less than any of its premises, so when things are settled cheapest first, each cost is final. What
//! follows from nothing but itself, by however many steps, is never settled. The time is that of sorting the rules.

use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rules about numbered things, and what the things cost.
#[derive(Debug, Default)]
pub(super) struct Derivation {
    rules: Vec<Rule>,
    /// By thing, the rules that wait for it, and whether as their sequel.
    waiting: Vec<SmallVec<[(u32, bool); 4]>>,
    costs: Vec<Option<u32>>,
    /// Conclusions with what they cost by one rule, cheapest first.
    drawn: BinaryHeap<Reverse<(u32, u32)>>,
}

#[derive(Debug)]
struct Rule {
    conclusion: u32,
    /// How many premises, the sequel among them, are not settled yet.
    missing: u32,
    /// What the dearest premise so far costs, and what comes on top.
    dearest: u32,
    more: u32,
}

impl Derivation {
    /// A new thing.
    pub fn add_thing(&mut self) -> u32 {
        self.costs.push(None);
        self.waiting.push(SmallVec::new());
        number(self.costs.len() - 1)
    }

    /// Adds a rule.
    pub fn add_rule(&mut self, conclusion: u32, premises: &[u32], more: u32, sequel: Option<u32>) {
        let rule = number(self.rules.len());
        let missing = number(premises.len()) + u32::from(sequel.is_some());
        if missing == 0 {
            self.drawn.push(Reverse((more, conclusion)));
            return;
        }
        for &premise in premises {
            self.waiting[premise as usize].push((rule, false));
        }
        if let Some(sequel) = sequel {
            self.waiting[sequel as usize].push((rule, true));
        }
        self.rules.push(Rule { conclusion, missing, dearest: 0, more });
    }

    /// Settles all that can be had.
    pub fn settle(&mut self) {
        while let Some(Reverse((cost, thing))) = self.drawn.pop() {
            if self.costs[thing as usize].is_some() {
                continue;
            }
            self.costs[thing as usize] = Some(cost);
            for (rule, is_sequel) in std::mem::take(&mut self.waiting[thing as usize]) {
                let rule = &mut self.rules[rule as usize];
                if is_sequel {
                    rule.more += cost;
                } else {
                    rule.dearest = rule.dearest.max(cost);
                }
                rule.missing -= 1;
                if rule.missing == 0 {
                    self.drawn.push(Reverse((rule.dearest + rule.more, rule.conclusion)));
                }
            }
        }
    }

    /// What a thing costs at least; none when it cannot be had.
    pub fn cost(&self, thing: u32) -> Option<u32> {
        self.costs[thing as usize]
    }

    /// Forgets everything, but keeps the room it took.
    pub fn clear(&mut self) {
        self.rules.clear();
        self.waiting.clear();
        self.costs.clear();
        self.drawn.clear();
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a derivation has fewer than 2^32 rules")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derivation(things: usize) -> Derivation {
        let mut derivation = Derivation::default();
        (0..things).for_each(|_| {
            derivation.add_thing();
        });
        derivation
    }

    #[test]
    fn a_thing_costs_what_the_cheapest_of_its_rules_does() {
        let mut derivation = derivation(4);
        derivation.add_rule(0, &[], 2, None);
        derivation.add_rule(1, &[], 5, None);
        derivation.add_rule(2, &[0, 1], 1, None);
        derivation.add_rule(2, &[0], 1, Some(3));
        derivation.add_rule(3, &[], 4, None);
        derivation.settle();
        assert_eq!(derivation.cost(2), Some(6), "the dearest premise counts, not their sum");
        derivation.clear();
    }

    #[test]
    fn a_sequel_comes_on_top() {
        let mut derivation = derivation(3);
        derivation.add_rule(0, &[], 2, None);
        derivation.add_rule(1, &[], 3, None);
        derivation.add_rule(2, &[0], 1, Some(1));
        derivation.settle();
        assert_eq!(derivation.cost(2), Some(6));
    }

    #[test]
    fn what_follows_from_itself_alone_cannot_be_had() {
        let mut derivation = derivation(4);
        derivation.add_rule(0, &[1], 0, None);
        derivation.add_rule(1, &[0], 0, None);
        derivation.add_rule(2, &[3], 1, None);
        derivation.add_rule(3, &[2], 1, None);
        derivation.add_rule(3, &[], 7, None);
        derivation.settle();
        assert_eq!([0, 1, 2, 3].map(|thing| derivation.cost(thing)), [None, None, Some(8), Some(7)]);
    }

    /// A chain as long as no recursion could follow.
    #[test]
    fn chains_may_be_long() {
        let mut derivation = derivation(100_000);
        (1..100_000).for_each(|thing| derivation.add_rule(thing, &[thing - 1], 1, None));
        derivation.add_rule(0, &[], 0, None);
        derivation.settle();
        assert_eq!(derivation.cost(99_999), Some(99_999));
    }
}
