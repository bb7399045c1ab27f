//! How much may be asked: of one operation, and by one client over time.

use http::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// How much may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandControl {
    /// Whether too much is refused, or only measured.
    pub mode: DemandMode,
    /// Elements of a list of which nothing else is known.
    pub list_size: u32,
    /// The most that one operation may cost.
    pub max: Option<u64>,
    /// The most that one operation may ask of a subgraph.
    pub subgraphs: SubgraphDemand,
    /// Who is told what an operation costs.
    pub expose: CostExposure,
    /// What a client has over time.
    pub budget: Option<Budget>,
}

/// Limits per subgraph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubgraphDemand {
    /// For subgraphs without settings of their own.
    pub all: SubgraphLimit,
    /// For one subgraph.
    pub by_name: BTreeMap<String, SubgraphLimit>,
}

/// What may be asked of a subgraph by one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubgraphLimit {
    /// The most that it may cost.
    pub max: Option<u64>,
    /// Elements of a list of which nothing else is known.
    pub list_size: Option<u32>,
}

impl SubgraphDemand {
    /// What holds for a subgraph.
    pub fn of(&self, name: &str) -> SubgraphLimit {
        let own = self.by_name.get(name).copied().unwrap_or_default();
        SubgraphLimit { max: own.max.or(self.all.max), list_size: own.list_size.or(self.all.list_size) }
    }

    /// Whether there is any limit.
    pub fn is_limited(&self) -> bool {
        self.all.max.is_some() || self.by_name.values().any(|limit| limit.max.is_some())
    }
}

/// What happens to what costs too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DemandMode {
    /// It is counted.
    #[default]
    Measure,
    /// It is refused.
    Enforce,
}

/// How the cost of an answer is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActualCostMode {
    /// By the objects in the client's answer.
    #[default]
    ByResponseShape,
}

/// Who is told what an operation costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostExposure {
    /// Nobody.
    Never,
    /// Whoever asks by the header `weft-expose-cost: true`.
    #[default]
    OnRequest,
    /// Everybody.
    Always,
}

/// What a client has over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// What clients have that no tier names.
    pub default: Allowance,
    /// What the clients of a tier have.
    pub tiers: BTreeMap<String, Allowance>,
    /// What names a client, the first that a request has; else its address does.
    pub identify_by: Vec<ClientName>,
    /// How often a client may have a field resolved, by `Type.field`.
    pub fields: BTreeMap<String, FieldLimit>,
    /// Where it is kept.
    pub store: BudgetStore,
    /// What holds while Redis does not answer.
    pub without_redis: WithoutRedis,
    /// Clients that are remembered in memory.
    pub max_clients: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            default: Allowance::default(),
            tiers: BTreeMap::new(),
            identify_by: vec![ClientName::ApiKey, ClientName::Subject],
            fields: BTreeMap::new(),
            store: BudgetStore::default(),
            without_redis: WithoutRedis::default(),
            max_clients: 100_000,
        }
    }
}

/// Points, and how they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The most that a client can have.
    pub points: u64,
    /// What comes back each second.
    pub refill_per_second: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { points: 2_000, refill_per_second: 20 }
    }
}

/// How often a field may be resolved for one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldLimit {
    /// So often ...
    pub limit: u64,
    /// ... in this time.
    pub window: Duration,
}

/// Where budgets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BudgetStore {
    /// Each gateway for itself.
    #[default]
    Memory,
    /// All gateways together.
    Redis,
}

/// What holds while Redis does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WithoutRedis {
    /// Each gateway keeps budgets for itself.
    #[default]
    Local,
    /// There are no budgets.
    Open,
    /// Nothing is answered.
    Closed,
}

/// What names a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientName {
    /// Its API key.
    ApiKey,
    /// The subject of its token, or the owner of its key.
    Subject,
    /// A claim of its token.
    Claim(Box<str>),
    /// A header.
    Header(HeaderName),
}

impl FromStr for ClientName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim().split_once(':') {
            None if text == "api_key" => Ok(Self::ApiKey),
            None if text == "subject" => Ok(Self::Subject),
            Some(("claim", name)) if !name.trim().is_empty() => Ok(Self::Claim(name.trim().into())),
            Some(("header", name)) => name.trim().parse().map(Self::Header).map_err(|_| ()),
            _ => Err(()),
        }
    }
}

/// Addresses that begin alike: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => begins_alike(own.to_bits(), other.to_bits(), 32 - self.bits),
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

fn begins_alike(a: u32, b: u32, rest: u8) -> bool {
    (a ^ b).checked_shr(rest.into()).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| ())?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits <= most { Ok(Self { address, bits }) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_begins_alike() {
        let holds =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("2001:db8::/32", "2001:db8:9::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "::1") && holds("::1/128", "::1") && !holds("::1", "::2"));
        for bad in ["", "10.0.0.0/33", "::/129", "host", "10.0.0.0/x"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
