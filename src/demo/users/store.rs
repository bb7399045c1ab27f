//! What the users service asks its database, and the look-ups that batch it.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Enum;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, query_as};

use crate::demo::database::{Database, integers};
use crate::demo::lookup::{Batch, Lookup, grouped};
use crate::demo::page::Window;
use crate::demo::place::{Address, Country, numbered};

/// How loyal a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[allow(missing_docs)]
pub enum LoyaltyTier {
    Bronze,
    Silver,
    Gold,
}

/// Which kind of payment method a customer prefers.
#[derive(Debug, Clone, Copy)]
pub enum MethodKind {
    Card,
    BankTransfer,
    Wallet,
}

/// What a notification is about.
#[derive(Debug, Clone, Copy)]
pub enum SubjectKind {
    Order,
    Payment,
    Product,
}

/// A customer as the database has them.
#[derive(Debug, Clone)]
pub struct UserRow {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub username: String,
    pub phone: Option<String>,
    pub tier: LoyaltyTier,
    pub joined_at: i64,
    pub risk_score: i32,
    pub method: Option<(MethodKind, i64)>,
}

/// The columns of a [`UserRow`], for `concat!`.
macro_rules! user {
    () => {
        "id, email, name, username, phone, tier, joined_at, risk_score, method_id, method_kind"
    };
}

impl FromRow<'_, SqliteRow> for UserRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let tiers = [LoyaltyTier::Bronze, LoyaltyTier::Silver, LoyaltyTier::Gold];
        let kinds = [MethodKind::Card, MethodKind::BankTransfer, MethodKind::Wallet];
        let method: (Option<i64>, Option<i64>) = (row.try_get(8)?, row.try_get(9)?);
        Ok(Self {
            id: row.try_get(0)?,
            email: row.try_get(1)?,
            name: row.try_get(2)?,
            username: row.try_get(3)?,
            phone: row.try_get(4)?,
            tier: numbered(&tiers, row.try_get(5)?)?,
            joined_at: row.try_get(6)?,
            risk_score: row.try_get(7)?,
            method: match method {
                (Some(id), Some(kind)) => Some((numbered(&kinds, kind)?, id)),
                _ => None,
            },
        })
    }
}

/// A message to a customer.
#[derive(Debug, Clone)]
pub struct NotificationRow {
    pub id: i64,
    pub user: i64,
    pub sent_at: i64,
    pub text: String,
    pub read: bool,
    pub subject_kind: SubjectKind,
    pub subject: String,
}

impl FromRow<'_, SqliteRow> for NotificationRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let kinds = [SubjectKind::Order, SubjectKind::Payment, SubjectKind::Product];
        Ok(Self {
            id: row.try_get(0)?,
            user: row.try_get(1)?,
            sent_at: row.try_get(2)?,
            text: row.try_get(3)?,
            read: row.try_get(4)?,
            subject_kind: numbered(&kinds, row.try_get(5)?)?,
            subject: row.try_get(6)?,
        })
    }
}

struct AddressRow {
    user: i64,
    address: Address,
}

impl FromRow<'_, SqliteRow> for AddressRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { user: row.try_get(0)?, address: Address::read(row, 1)? })
    }
}

/// Which customers a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub tier: Option<LoyaltyTier>,
    pub country: Option<Country>,
    pub name_starts_with: Option<String>,
}

/// The condition of [`Filter`]: parameters 1 to 3. `substr` takes the text as it is, where `LIKE`
/// would see wildcards in it.
macro_rules! filter {
    () => {
        "(?1 IS NULL OR tier = ?1)
         AND (?2 IS NULL OR EXISTS (SELECT 1 FROM addresses WHERE user_id = users.id AND country = ?2))
         AND (?3 IS NULL OR lower(substr(name, 1, length(?3))) = lower(?3))"
    };
}

/// The users database.
#[derive(Debug)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Over an open database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Customers by id, as far as they exist.
    pub async fn users(&self, ids: &[i64]) -> sqlx::Result<Vec<UserRow>> {
        let sql = concat!("SELECT ", user!(), " FROM users WHERE id IN (SELECT value FROM json_each(?1))");
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// Customers by e-mail address in lower case.
    pub async fn users_by_email(&self, emails: &[String]) -> sqlx::Result<Vec<UserRow>> {
        let sql = concat!("SELECT ", user!(), " FROM users WHERE email IN (SELECT value FROM json_each(?1))");
        self.database.all(query_as(sql).bind(serde_json::json!(emails).to_string())).await
    }

    /// A window of the customers that pass, in the order in which they joined.
    pub async fn page(&self, filter: &Filter, window: Window) -> sqlx::Result<Vec<UserRow>> {
        let sql = concat!("SELECT ", user!(), " FROM users WHERE ", filter!(), " AND id > ?4 ORDER BY id LIMIT ?5");
        let query = query_as(sql)
            .bind(filter.tier.map(|tier| tier as i64))
            .bind(filter.country.map(Country::number))
            .bind(filter.name_starts_with.clone());
        self.database.all(query.bind(window.id_or(0)).bind(window.limit())).await
    }

    /// How many customers pass.
    pub async fn count(&self, filter: &Filter) -> sqlx::Result<i32> {
        let sql = concat!("SELECT COUNT(*) FROM users WHERE ", filter!());
        let query = query_as::<_, (i32,)>(sql)
            .bind(filter.tier.map(|tier| tier as i64))
            .bind(filter.country.map(Country::number))
            .bind(filter.name_starts_with.clone());
        Ok(self.database.all(query).await?.first().map_or(0, |(count,)| *count))
    }

    /// Adds an address; tells whether the customer exists.
    pub async fn add_address(&self, user: i64, address: &Address, default: bool) -> sqlx::Result<bool> {
        let mut transaction = self.database.write().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT id FROM users WHERE id = ?1")
            .bind(user)
            .fetch_optional(&mut *transaction)
            .await?;
        if known.is_none() {
            return Ok(false);
        }
        if default {
            let sql = "UPDATE addresses SET is_default = 0 WHERE user_id = ?1";
            sqlx::query(sql).bind(user).execute(&mut *transaction).await?;
        }
        let sql = "INSERT INTO addresses (user_id, is_default, recipient, street, city, postal_code, country)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        sqlx::query(sql)
            .bind(user)
            .bind(default)
            .bind(&address.recipient)
            .bind(&address.street)
            .bind(&address.city)
            .bind(&address.postal_code)
            .bind(address.country.number())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn addresses(&self, users: &[i64]) -> sqlx::Result<Vec<AddressRow>> {
        let sql = "SELECT user_id, recipient, street, city, postal_code, country FROM addresses
                   WHERE user_id IN (SELECT value FROM json_each(?1)) ORDER BY user_id, is_default DESC, id";
        self.database.all(query_as(sql).bind(integers(users.iter().copied()))).await
    }

    async fn notifications(&self, users: &[i64], first: i32) -> sqlx::Result<Vec<NotificationRow>> {
        let sql = "SELECT n.id, n.user_id, n.sent_at, n.text, n.read, n.subject_kind, n.subject
                   FROM json_each(?1) AS u JOIN notifications AS n ON n.id IN (
                       SELECT id FROM notifications WHERE user_id = u.value ORDER BY id DESC LIMIT ?2)
                   ORDER BY n.id DESC";
        self.database.all(query_as(sql).bind(integers(users.iter().copied())).bind(first)).await
    }
}

/// The look-ups of one request.
pub struct Lookups {
    pub users: Batch<UserById>,
    pub emails: Batch<UserByEmail>,
    pub addresses: Batch<AddressesOf>,
    pub notifications: Batch<NotificationsOf>,
}

impl Lookups {
    /// Empty look-ups over `store`.
    pub fn new(store: &Arc<Store>) -> Self {
        Self {
            users: Batch::new(UserById(Arc::clone(store))),
            emails: Batch::new(UserByEmail(Arc::clone(store))),
            addresses: Batch::new(AddressesOf(Arc::clone(store))),
            notifications: Batch::new(NotificationsOf(Arc::clone(store))),
        }
    }

    /// Forgets what was found before a mutation.
    pub async fn forget(&self) {
        self.users.forget().await;
        self.emails.forget().await;
        self.addresses.forget().await;
        self.notifications.forget().await;
    }
}

/// Customers by id.
pub struct UserById(Arc<Store>);

impl Lookup for UserById {
    type Key = i64;
    type Value = UserRow;

    async fn find(&self, ids: &[i64]) -> sqlx::Result<HashMap<i64, UserRow>> {
        Ok(self.0.users(ids).await?.into_iter().map(|user| (user.id, user)).collect())
    }
}

/// Customers by e-mail address in lower case.
pub struct UserByEmail(Arc<Store>);

impl Lookup for UserByEmail {
    type Key = String;
    type Value = UserRow;

    async fn find(&self, emails: &[String]) -> sqlx::Result<HashMap<String, UserRow>> {
        Ok(self.0.users_by_email(emails).await?.into_iter().map(|user| (user.email.clone(), user)).collect())
    }
}

/// Addresses by customer, the default one first.
pub struct AddressesOf(Arc<Store>);

impl Lookup for AddressesOf {
    type Key = i64;
    type Value = Vec<Address>;

    async fn find(&self, users: &[i64]) -> sqlx::Result<HashMap<i64, Vec<Address>>> {
        let mut found: HashMap<i64, Vec<Address>> = HashMap::new();
        for row in self.0.addresses(users).await? {
            found.entry(row.user).or_default().push(row.address);
        }
        Ok(found)
    }
}

/// The latest notifications by customer and by how many are wanted.
pub struct NotificationsOf(Arc<Store>);

impl Lookup for NotificationsOf {
    type Key = (i64, i32);
    type Value = Vec<NotificationRow>;

    async fn find(&self, keys: &[(i64, i32)]) -> sqlx::Result<HashMap<(i64, i32), Vec<NotificationRow>>> {
        let mut found: HashMap<(i64, i32), Vec<NotificationRow>> = HashMap::new();
        for (first, users) in grouped(keys, |(user, first)| (*first, *user)) {
            for row in self.0.notifications(&users, first).await? {
                found.entry((row.user, first)).or_default().push(row);
            }
        }
        Ok(found)
    }
}
