//! What is read from the users service: the resolvers of its types.
//!
//! The types of other services are stubs of their key fields. Descriptions live in
//! `schemas/users.graphql`.

use async_graphql::{Context, ID, InputObject, Interface, Object, Result, SimpleObject, Union};

use super::Viewer;
use super::store::{self, Lookups, LoyaltyTier, MethodKind, NotificationRow, Store, SubjectKind, UserRow};
use crate::demo::lookup::LookupFailed;
use crate::demo::page::{Cursor, Page, Window, bounded, connection};
use crate::demo::place::{Address, Country, InvalidInput};
use crate::demo::scalar::{Moment, row_id};

/// The root of queries.
pub struct Query;

#[Object]
impl Query {
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match ctx.data::<Viewer>()?.0 {
            Some(id) => user(ctx, id).await,
            None => Ok(None),
        }
    }

    async fn user(&self, ctx: &Context<'_>, id: ID) -> Result<Option<User>> {
        match row_id(&id) {
            Some(id) => user(ctx, id).await,
            None => Ok(None),
        }
    }

    async fn user_by_email(&self, ctx: &Context<'_>, email: String) -> Result<Option<User>> {
        Ok(ctx.data::<Lookups>()?.emails.load(email.to_lowercase()).await?.map(User))
    }

    async fn users(
        &self,
        ctx: &Context<'_>,
        filter: Option<UserFilter>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> Result<UserConnection> {
        let window = Window::new(first, after.as_deref())?;
        let filter = filter.map(store::Filter::from).unwrap_or_default();
        let rows = ctx.data::<std::sync::Arc<Store>>()?.page(&filter, window).await;
        let page = Page::new(window, rows.map_err(|error| LookupFailed::log(&error))?, |row| Cursor::of_id(row.id));
        Ok(UserConnection::new(page.map(User), Passing(filter)))
    }

    #[graphql(entity)]
    async fn find_user(&self, ctx: &Context<'_>, id: ID) -> Result<Option<User>> {
        self.user(ctx, id).await
    }

    #[graphql(entity)]
    async fn find_user_by_email(&self, ctx: &Context<'_>, email: String) -> Result<Option<User>> {
        self.user_by_email(ctx, email).await
    }
}

/// The customer with this id.
pub async fn user(ctx: &Context<'_>, id: i64) -> Result<Option<User>> {
    Ok(ctx.data::<Lookups>()?.users.load(id).await?.map(User))
}

/// A customer.
#[derive(Debug, Clone)]
pub struct User(UserRow);

#[Object]
impl User {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    #[graphql(tag = "personal")]
    async fn email(&self) -> &str {
        &self.0.email
    }

    #[graphql(tag = "personal")]
    async fn name(&self) -> &str {
        &self.0.name
    }

    #[graphql(deprecation = "Customers sign in with their e-mail address: use `email`.")]
    async fn username(&self) -> &str {
        &self.0.username
    }

    #[graphql(tag = "personal")]
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    async fn tier(&self) -> LoyaltyTier {
        self.0.tier
    }

    async fn joined_at(&self) -> Moment {
        Moment(self.0.joined_at)
    }

    #[graphql(tag = "personal")]
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<Address>> {
        Ok(ctx.data::<Lookups>()?.addresses.load(self.0.id).await?.unwrap_or_default())
    }

    #[graphql(tag = "personal")]
    async fn default_address(&self, ctx: &Context<'_>) -> Result<Option<Address>> {
        let addresses = ctx.data::<Lookups>()?.addresses.load(self.0.id).await?;
        Ok(addresses.unwrap_or_default().into_iter().next())
    }

    async fn preferred_payment_method(&self) -> Option<PaymentMethod> {
        self.0.method.map(|(kind, id)| match kind {
            MethodKind::Card => PaymentMethod::Card(Card { id: id.into() }),
            MethodKind::BankTransfer => PaymentMethod::BankTransfer(BankTransfer { id: id.into() }),
            MethodKind::Wallet => PaymentMethod::Wallet(Wallet { id: id.into() }),
        })
    }

    async fn notifications(&self, ctx: &Context<'_>, #[graphql(default = 10)] first: i32) -> Result<Vec<Notification>> {
        let first = bounded(first, 100)?;
        let rows = ctx.data::<Lookups>()?.notifications.load((self.0.id, first)).await?;
        Ok(rows.unwrap_or_default().into_iter().map(Notification).collect())
    }

    #[graphql(inaccessible, tag = "internal")]
    async fn risk_score(&self) -> i32 {
        self.0.risk_score
    }
}

connection!(UserConnection, UserEdge, User, Passing);

/// Counts the customers that pass a filter.
pub struct Passing(store::Filter);

impl Passing {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32> {
        let counted = ctx.data::<std::sync::Arc<Store>>()?.count(&self.0).await;
        Ok(counted.map_err(|error| LookupFailed::log(&error))?)
    }
}

/// Which customers a list shows.
#[derive(Debug, InputObject)]
pub struct UserFilter {
    tier: Option<LoyaltyTier>,
    country: Option<Country>,
    name_starts_with: Option<String>,
}

impl From<UserFilter> for store::Filter {
    fn from(filter: UserFilter) -> Self {
        Self { tier: filter.tier, country: filter.country, name_starts_with: filter.name_starts_with }
    }
}

/// A message to a customer.
pub struct Notification(NotificationRow);

#[Object]
impl Notification {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn sent_at(&self) -> Moment {
        Moment(self.0.sent_at)
    }

    async fn text(&self) -> &str {
        &self.0.text
    }

    async fn read(&self) -> bool {
        self.0.read
    }

    async fn subject(&self) -> NotificationSubject {
        let key = self.0.subject.clone();
        match self.0.subject_kind {
            SubjectKind::Order => NotificationSubject::Order(Order { id: key.into() }),
            SubjectKind::Payment => NotificationSubject::Payment(Payment { id: key.into() }),
            SubjectKind::Product => NotificationSubject::Product(Product { sku: key }),
        }
    }
}

/// What a notification is about.
#[derive(Union)]
#[allow(missing_docs)]
pub enum NotificationSubject {
    Order(Order),
    Payment(Payment),
    Product(Product),
}

/// An order, of which only the id is known here.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Order {
    id: ID,
}

/// A payment, of which only the id is known here.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Payment {
    id: ID,
}

/// A product, of which only the stock-keeping unit is known here.
#[derive(SimpleObject)]
#[graphql(unresolvable = "sku")]
pub struct Product {
    sku: String,
}

/// A way to pay.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"))]
#[allow(missing_docs)]
pub enum PaymentMethod {
    Card(Card),
    BankTransfer(BankTransfer),
    Wallet(Wallet),
}

/// A card, of which only the id is known here.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Card {
    id: ID,
}

/// A bank account, of which only the id is known here.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct BankTransfer {
    id: ID,
}

/// A wallet, of which only the id is known here.
#[derive(SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Wallet {
    id: ID,
}

/// Why a mutation did not do what was asked.
#[derive(Interface)]
#[graphql(field(name = "message", ty = "&String"))]
#[allow(missing_docs)]
pub enum Problem {
    InvalidInput(InvalidInput),
    UnknownUser(UnknownUser),
}

/// There is no such customer.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct UnknownUser {
    pub message: String,
    pub user_id: ID,
}
