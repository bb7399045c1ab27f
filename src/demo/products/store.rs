//! What the products service asks its database.

use async_graphql::Enum;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, query_as};

use crate::demo::database::{Database, Rows, integers};
use crate::demo::page::Window;
use crate::demo::place::{Country, numbered};

/// Whether a product can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[allow(missing_docs)]
pub enum ProductStatus {
    Active,
    Upcoming,
    Discontinued,
}

/// How a list of products is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[allow(missing_docs)]
pub enum ProductSort {
    Oldest,
    Newest,
    PriceLowToHigh,
    PriceHighToLow,
}

/// A product as the database has it.
#[derive(Debug, Clone)]
pub struct ProductRow {
    pub id: i64,
    pub sku: String,
    pub name: String,
    pub description: String,
    pub status: ProductStatus,
    pub price: i64,
    pub purchase_price: i64,
    pub weight: i32,
    pub size: [i32; 3],
    pub brand: i64,
    pub category: String,
    pub added_at: i64,
}

impl FromRow<'_, SqliteRow> for ProductRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let statuses = [ProductStatus::Active, ProductStatus::Upcoming, ProductStatus::Discontinued];
        Ok(Self {
            id: row.try_get(0)?,
            sku: row.try_get(1)?,
            name: row.try_get(2)?,
            description: row.try_get(3)?,
            status: numbered(&statuses, row.try_get(4)?)?,
            price: row.try_get(5)?,
            purchase_price: row.try_get(6)?,
            weight: row.try_get(7)?,
            size: [row.try_get(8)?, row.try_get(9)?, row.try_get(10)?],
            brand: row.try_get(11)?,
            category: row.try_get(12)?,
            added_at: row.try_get(13)?,
        })
    }
}

/// A shelf.
#[derive(Debug, Clone)]
pub struct CategoryRow {
    pub slug: String,
    pub name: String,
    pub parent: Option<String>,
}

impl FromRow<'_, SqliteRow> for CategoryRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { slug: row.try_get(0)?, name: row.try_get(1)?, parent: row.try_get(2)? })
    }
}

/// A maker or a warehouse: a name in a country.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    pub id: i64,
    pub name: String,
    pub country: Country,
}

impl FromRow<'_, SqliteRow> for PlaceRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get(0)?, name: row.try_get(1)?, country: Country::numbered(row.try_get(2)?)? })
    }
}

/// How much of a product lies in a warehouse.
#[derive(Debug, Clone)]
pub struct StockRow {
    pub product: i64,
    pub warehouse: i64,
    pub quantity: i32,
    pub location: String,
}

impl FromRow<'_, SqliteRow> for StockRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            product: row.try_get(0)?,
            warehouse: row.try_get(1)?,
            quantity: row.try_get(2)?,
            location: row.try_get(3)?,
        })
    }
}

/// Which products a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub category: Option<String>,
    pub brand: Option<i64>,
    pub status: Option<ProductStatus>,
    pub minimum_price: Option<i64>,
    pub maximum_price: Option<i64>,
}

/// The condition of [`Filter`]: parameters 1 to 5.
macro_rules! filter {
    () => {
        "(?1 IS NULL OR category = ?1) AND (?2 IS NULL OR brand_id = ?2) AND (?3 IS NULL OR status = ?3)
         AND (?4 IS NULL OR price >= ?4) AND (?5 IS NULL OR price <= ?5)"
    };
}

/// A list sorted by some order: what comes after the cursor (value ?6, id ?7), ?8 at most.
macro_rules! sorted {
    ($after:literal, $order:literal) => {
        concat!("SELECT * FROM products WHERE ", filter!(), " AND ", $after, " ORDER BY ", $order, " LIMIT ?8")
    };
}

fn filtered<'q, T>(query: Rows<'q, T>, filter: &Filter) -> Rows<'q, T> {
    query
        .bind(filter.category.clone())
        .bind(filter.brand)
        .bind(filter.status.map(|status| status as i64))
        .bind(filter.minimum_price)
        .bind(filter.maximum_price)
}

/// The list of products that belongs to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    Brand,
    Category,
}

/// What an adjustment of stock came to.
pub enum Adjusted {
    /// The stock after it.
    Done(StockRow),
    /// The warehouse does not hold that product.
    Unknown,
    /// There is less than was to be taken out.
    TooFew {
        /// What there is.
        quantity: i64,
    },
}

/// The products database.
#[derive(Debug)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Over an open database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Products by id, as far as they exist.
    pub async fn products(&self, ids: &[i64]) -> sqlx::Result<Vec<ProductRow>> {
        let sql = "SELECT * FROM products WHERE id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// Products by stock-keeping unit.
    pub async fn products_by_sku(&self, skus: &[String]) -> sqlx::Result<Vec<ProductRow>> {
        let sql = "SELECT * FROM products WHERE sku IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(texts(skus))).await
    }

    /// A window of the products that pass.
    pub async fn page(&self, filter: &Filter, sort: ProductSort, window: Window) -> sqlx::Result<Vec<ProductRow>> {
        let (sql, start) = match sort {
            ProductSort::Oldest => (sorted!("?6 IS NOT NULL AND id > ?7", "id"), 0),
            ProductSort::Newest => (sorted!("?6 IS NOT NULL AND id < ?7", "id DESC"), i64::MAX),
            ProductSort::PriceLowToHigh => (sorted!("(price, id) > (?6, ?7)", "price, id"), 0),
            ProductSort::PriceHighToLow => (sorted!("(price, id) < (?6, ?7)", "price DESC, id DESC"), i64::MAX),
        };
        let query = filtered(query_as(sql), filter).bind(window.value_or(start)).bind(window.id_or(start));
        self.database.all(query.bind(window.limit())).await
    }

    /// How many products pass.
    pub async fn count(&self, filter: &Filter) -> sqlx::Result<i32> {
        let sql = concat!("SELECT COUNT(*) FROM products WHERE ", filter!());
        let counted = self.database.all(filtered(query_as::<_, (i32,)>(sql), filter)).await?;
        Ok(counted.first().map_or(0, |(count,)| *count))
    }

    /// A window of the products of each brand or category, by id.
    pub async fn owned(&self, owner: Owner, owners: &[String], window: Window) -> sqlx::Result<Vec<ProductRow>> {
        // Compared as what the column holds: numbers for brands, texts for categories.
        let sql = match owner {
            Owner::Brand => {
                "SELECT p.* FROM json_each(?1) AS o JOIN products AS p ON p.id IN (
                     SELECT id FROM products WHERE brand_id = CAST(o.value AS INTEGER) AND id > ?2 ORDER BY id LIMIT ?3)
                 ORDER BY p.id"
            }
            Owner::Category => {
                "SELECT p.* FROM json_each(?1) AS o JOIN products AS p ON p.id IN (
                     SELECT id FROM products WHERE category = o.value AND id > ?2 ORDER BY id LIMIT ?3)
                 ORDER BY p.id"
            }
        };
        self.database.all(query_as(sql).bind(texts(owners)).bind(window.id_or(0)).bind(window.limit())).await
    }

    /// How many products each brand or category has.
    pub async fn owned_counts(&self, owner: Owner, owners: &[String]) -> sqlx::Result<Vec<(String, i32)>> {
        let sql = match owner {
            Owner::Brand => {
                "SELECT CAST(brand_id AS TEXT), COUNT(*) FROM products
                 WHERE brand_id IN (SELECT CAST(value AS INTEGER) FROM json_each(?1)) GROUP BY brand_id"
            }
            Owner::Category => {
                "SELECT category, COUNT(*) FROM products
                 WHERE category IN (SELECT value FROM json_each(?1)) GROUP BY category"
            }
        };
        self.database.all(query_as(sql).bind(texts(owners))).await
    }

    /// For each product some others of its category: those that follow it, then the first ones.
    pub async fn related(&self, products: &[i64], first: i32) -> sqlx::Result<Vec<(i64, i64)>> {
        let sql = "
            SELECT wanted.value, other.id FROM json_each(?1) AS wanted
            JOIN products AS other ON other.id IN (
                SELECT p.id FROM products AS this JOIN products AS p ON p.category = this.category AND p.id <> this.id
                WHERE this.id = wanted.value ORDER BY p.id < this.id, p.id LIMIT ?2)
            ORDER BY other.id < wanted.value, other.id";
        self.database.all(query_as(sql).bind(integers(products.iter().copied())).bind(first)).await
    }

    /// Brands by id.
    pub async fn brands(&self, ids: &[i64]) -> sqlx::Result<Vec<PlaceRow>> {
        let sql = "SELECT id, name, country FROM brands WHERE id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// Warehouses by id.
    pub async fn warehouses(&self, ids: &[i64]) -> sqlx::Result<Vec<PlaceRow>> {
        let sql = "SELECT id, name, country FROM warehouses WHERE id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// All warehouses.
    pub async fn all_warehouses(&self) -> sqlx::Result<Vec<PlaceRow>> {
        self.database.all(query_as("SELECT id, name, country FROM warehouses ORDER BY id")).await
    }

    /// Categories by slug.
    pub async fn categories(&self, slugs: &[String]) -> sqlx::Result<Vec<CategoryRow>> {
        let sql = "SELECT slug, name, parent FROM categories WHERE slug IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(texts(slugs))).await
    }

    /// The categories below others.
    pub async fn children(&self, parents: &[String]) -> sqlx::Result<Vec<CategoryRow>> {
        let sql = "SELECT slug, name, parent FROM categories
                   WHERE parent IN (SELECT value FROM json_each(?1)) ORDER BY id";
        self.database.all(query_as(sql).bind(texts(parents))).await
    }

    /// The categories with none above.
    pub async fn roots(&self) -> sqlx::Result<Vec<CategoryRow>> {
        self.database.all(query_as("SELECT slug, name, parent FROM categories WHERE parent IS NULL ORDER BY id")).await
    }

    /// Where products lie.
    pub async fn stock(&self, products: &[i64]) -> sqlx::Result<Vec<StockRow>> {
        let sql = "SELECT product_id, warehouse_id, quantity, location FROM stock
                   WHERE product_id IN (SELECT value FROM json_each(?1)) ORDER BY product_id, warehouse_id";
        self.database.all(query_as(sql).bind(integers(products.iter().copied()))).await
    }

    /// Ids of products, slugs of categories and ids of brands whose name contains `text`.
    pub async fn search(&self, text: &str, most: i64) -> sqlx::Result<Vec<(i64, String)>> {
        let sql = "
            SELECT 0, slug FROM categories WHERE instr(lower(name), lower(?1))
            UNION ALL SELECT 1, CAST(id AS TEXT) FROM brands WHERE instr(lower(name), lower(?1))
            UNION ALL SELECT 2, CAST(id AS TEXT) FROM products WHERE instr(lower(name), lower(?1))
            LIMIT ?2";
        self.database.all(query_as(sql).bind(text.to_owned()).bind(most)).await
    }

    /// Changes how much of a product lies in a warehouse.
    pub async fn adjust(&self, warehouse: i64, product: i64, change: i64) -> sqlx::Result<Adjusted> {
        let mut transaction = self.database.write().await?;
        let sql = "SELECT product_id, warehouse_id, quantity, location FROM stock
                   WHERE product_id = ?1 AND warehouse_id = ?2";
        let stock =
            query_as::<_, StockRow>(sql).bind(product).bind(warehouse).fetch_optional(&mut *transaction).await?;
        let Some(stock) = stock else { return Ok(Adjusted::Unknown) };
        let quantity = i64::from(stock.quantity);
        let after = match i32::try_from(quantity + change) {
            Ok(after) if after >= 0 => after,
            _ => return Ok(Adjusted::TooFew { quantity }),
        };
        let sql = "UPDATE stock SET quantity = ?3 WHERE product_id = ?1 AND warehouse_id = ?2";
        sqlx::query(sql).bind(product).bind(warehouse).bind(after).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Adjusted::Done(StockRow { quantity: after, ..stock }))
    }
}

/// Texts as a JSON array, to be bound once and read by `json_each`.
fn texts(values: &[String]) -> String {
    serde_json::Value::from(values).to_string()
}
