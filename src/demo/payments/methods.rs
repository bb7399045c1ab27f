//! Ways to pay: an interface with three kinds, each an entity of its own.

use async_graphql::{Context, ID, Interface, Object, Result, Union};

use super::lookup::Lookups;
use super::store::{CardNetwork, MethodKind, MethodRow, WalletProvider};
use super::stubs::User;
use crate::demo::scalar::{Moment, row_id};

/// A way to pay that a customer has on file.
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID"),
    field(name = "label", ty = "String"),
    field(name = "added_at", ty = "Moment"),
    field(name = "owner", ty = "User")
)]
#[allow(missing_docs)]
pub enum PaymentMethod {
    Card(Card),
    BankTransfer(BankTransfer),
    Wallet(Wallet),
}

/// What can be charged at once, without waiting for a bank.
#[derive(Union)]
#[allow(missing_docs)]
pub enum InstantPaymentMethod {
    Card(Card),
    Wallet(Wallet),
}

/// What all ways to pay have.
struct OnFile {
    id: i64,
    user: i64,
    added_at: i64,
}

/// A card.
pub struct Card {
    on_file: OnFile,
    network: CardNetwork,
    last4: String,
    expires: String,
}

/// A bank account.
pub struct BankTransfer {
    on_file: OnFile,
    bank: String,
    iban: String,
}

/// An account with a provider.
pub struct Wallet {
    on_file: OnFile,
    provider: WalletProvider,
}

impl From<MethodRow> for PaymentMethod {
    fn from(row: MethodRow) -> Self {
        let on_file = OnFile { id: row.id, user: row.user, added_at: row.added_at };
        match row.kind {
            MethodKind::Card { network, last4, expires } => Self::Card(Card { on_file, network, last4, expires }),
            MethodKind::BankTransfer { bank, iban } => Self::BankTransfer(BankTransfer { on_file, bank, iban }),
            MethodKind::Wallet { provider } => Self::Wallet(Wallet { on_file, provider }),
        }
    }
}

impl PaymentMethod {
    /// The way to pay with this id.
    pub async fn load(ctx: &Context<'_>, id: &ID) -> Result<Option<Self>> {
        match row_id(id) {
            Some(id) => Ok(ctx.data::<Lookups>()?.methods.load(id).await?.map(Self::from)),
            None => Ok(None),
        }
    }
}

#[Object]
impl Card {
    async fn id(&self) -> ID {
        self.on_file.id.into()
    }

    async fn label(&self) -> String {
        let network = match self.network {
            CardNetwork::Amex => "American Express",
            CardNetwork::Mastercard => "Mastercard",
            CardNetwork::Visa => "Visa",
        };
        format!("{network} ending in {}", self.last4)
    }

    async fn added_at(&self) -> Moment {
        Moment(self.on_file.added_at)
    }

    async fn owner(&self) -> User {
        User::with_id(self.on_file.user)
    }

    async fn network(&self) -> CardNetwork {
        self.network
    }

    async fn last4(&self) -> &str {
        &self.last4
    }

    async fn expires(&self) -> &str {
        &self.expires
    }
}

#[Object]
impl BankTransfer {
    async fn id(&self) -> ID {
        self.on_file.id.into()
    }

    async fn label(&self) -> String {
        format!("Transfer from {}", self.bank)
    }

    async fn added_at(&self) -> Moment {
        Moment(self.on_file.added_at)
    }

    async fn owner(&self) -> User {
        User::with_id(self.on_file.user)
    }

    async fn bank(&self) -> &str {
        &self.bank
    }

    #[graphql(tag = "personal")]
    async fn iban(&self) -> &str {
        &self.iban
    }
}

#[Object]
impl Wallet {
    async fn id(&self) -> ID {
        self.on_file.id.into()
    }

    async fn label(&self) -> String {
        let provider = match self.provider {
            WalletProvider::ApplePay => "Apple Pay",
            WalletProvider::GooglePay => "Google Pay",
            WalletProvider::Paypal => "PayPal",
        };
        provider.to_owned()
    }

    async fn added_at(&self) -> Moment {
        Moment(self.on_file.added_at)
    }

    async fn owner(&self) -> User {
        User::with_id(self.on_file.user)
    }

    async fn provider(&self) -> WalletProvider {
        self.provider
    }
}
