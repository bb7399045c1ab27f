//! The tables of the products service, and how they are filled.

use sqlx::SqliteConnection;

use crate::demo::Service;
use crate::demo::database::{Cell, Tables, insert};
use crate::demo::place::Country;
use crate::demo::seed;
use crate::demo::seed::catalogue::{BRANDS, CATEGORIES, WAREHOUSES, product, stock};

/// The products database.
pub struct ProductTables;

impl Tables for ProductTables {
    const SERVICE: Service = Service::Products;

    const DEFINITION: &'static str = "
        CREATE TABLE brands (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country INTEGER NOT NULL);
        CREATE TABLE categories (
            id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, parent TEXT REFERENCES categories (slug)
        );
        CREATE INDEX children_of_category ON categories (parent);
        CREATE TABLE warehouses (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country INTEGER NOT NULL);
        CREATE TABLE products (
            id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL,
            status INTEGER NOT NULL, price INTEGER NOT NULL, purchase_price INTEGER NOT NULL, weight INTEGER NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL, depth INTEGER NOT NULL,
            brand_id INTEGER NOT NULL REFERENCES brands (id), category TEXT NOT NULL REFERENCES categories (slug),
            added_at INTEGER NOT NULL
        );
        CREATE INDEX products_of_brand ON products (brand_id);
        CREATE INDEX products_of_category ON products (category);
        CREATE INDEX products_by_price ON products (price, id);
        CREATE TABLE stock (
            product_id INTEGER NOT NULL REFERENCES products (id),
            warehouse_id INTEGER NOT NULL REFERENCES warehouses (id),
            quantity INTEGER NOT NULL, location TEXT NOT NULL,
            PRIMARY KEY (product_id, warehouse_id)
        ) WITHOUT ROWID;
    ";

    async fn fill(connection: &mut SqliteConnection) -> sqlx::Result<()> {
        insert(connection, "INSERT INTO brands", place_rows(BRANDS)).await?;
        insert(connection, "INSERT INTO categories (slug, name, parent)", category_rows()).await?;
        insert(connection, "INSERT INTO warehouses", place_rows(WAREHOUSES)).await?;
        insert(connection, "INSERT INTO products", (1..=seed::PRODUCTS).map(product_row)).await?;
        insert(connection, "INSERT INTO stock", (1..=seed::PRODUCTS).flat_map(stock_rows)).await
    }
}

fn place_rows(places: &[(&str, Country)]) -> Vec<[Cell; 3]> {
    (1_i64..).zip(places).map(|(id, (name, country))| [id.into(), (*name).into(), country.number().into()]).collect()
}

fn category_rows() -> Vec<[Cell; 3]> {
    CATEGORIES.iter().map(|category| [category.slug.into(), category.name.into(), category.parent.into()]).collect()
}

fn product_row(id: i64) -> [Cell; 14] {
    let product = product(id);
    let [width, height, depth] = product.size;
    [
        product.id.into(),
        product.sku.into(),
        product.name.into(),
        product.description.into(),
        product.status.into(),
        product.price.into(),
        product.purchase_price.into(),
        product.weight.into(),
        width.into(),
        height.into(),
        depth.into(),
        product.brand.into(),
        product.category.into(),
        product.added_at.into(),
    ]
}

fn stock_rows(product: i64) -> [[Cell; 4]; 3] {
    stock(product).map(|stock| [product.into(), stock.warehouse.into(), stock.quantity.into(), stock.location.into()])
}
