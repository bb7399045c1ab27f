//! What is read from the products service: the root of queries and the product itself.
//!
//! Descriptions live in `schemas/products.graphql`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::lookup::Lookups;
use super::shelves::{Brand, Category, SearchResult, StockItem, Warehouse};
use super::store::{self, ProductRow, ProductSort, ProductStatus, Store};
use crate::demo::lookup::LookupFailed;
use crate::demo::page::{Cursor, Page, Window, bad_input, bounded, connection};
use crate::demo::scalar::{Moment, Money, row_id};

/// How many results a search gives.
const SEARCH_RESULTS: i64 = 20;

/// The root of queries.
pub struct Query;

#[Object]
impl Query {
    async fn product(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Product>> {
        product(ctx, row_id(&id)).await
    }

    async fn product_by_sku(&self, ctx: &Context<'_>, sku: String) -> Result<Option<Product>> {
        Ok(ctx.data::<Lookups>()?.skus.load(sku).await?.map(Product))
    }

    async fn products(
        &self,
        ctx: &Context<'_>,
        filter: Option<ProductFilter>,
        #[graphql(default_with = "ProductSort::Oldest")] sort: ProductSort,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> Result<ProductConnection> {
        let window = Window::new(first, after.as_deref())?;
        let filter = filter.map(store::Filter::from).unwrap_or_default();
        let rows = store(ctx)?.page(&filter, sort, window).await.map_err(|error| LookupFailed::log(&error))?;
        let by_price = matches!(sort, ProductSort::PriceLowToHigh | ProductSort::PriceHighToLow);
        let cursor = |row: &ProductRow| Cursor { value: if by_price { row.price } else { row.id }, id: row.id };
        Ok(ProductConnection::new(Page::new(window, rows, cursor).map(Product), Counted::Passing(filter)))
    }

    async fn categories(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let rows = store(ctx)?.roots().await.map_err(|error| LookupFailed::log(&error))?;
        Ok(rows.into_iter().map(Category).collect())
    }

    async fn category(&self, ctx: &Context<'_>, slug: String) -> Result<Option<Category>> {
        Ok(ctx.data::<Lookups>()?.categories.load(slug).await?.map(Category))
    }

    async fn search(&self, ctx: &Context<'_>, text: String) -> Result<Vec<SearchResult>> {
        let text = text.trim();
        if !(1..=100).contains(&text.chars().count()) {
            return Err(bad_input("`text` must have 1 to 100 characters"));
        }
        let hits = store(ctx)?.search(text, SEARCH_RESULTS).await.map_err(|error| LookupFailed::log(&error))?;
        let found = hits.into_iter().map(|hit| SearchResult::load(ctx, hit));
        Ok(futures::future::try_join_all(found).await?.into_iter().flatten().collect())
    }

    async fn warehouses(&self, ctx: &Context<'_>) -> Result<Vec<Warehouse>> {
        let rows = store(ctx)?.all_warehouses().await.map_err(|error| LookupFailed::log(&error))?;
        Ok(rows.into_iter().map(Warehouse).collect())
    }

    #[graphql(entity)]
    async fn find_product(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Product>> {
        product(ctx, row_id(&id)).await
    }

    #[graphql(entity)]
    async fn find_product_by_sku(&self, ctx: &Context<'_>, sku: String) -> Result<Option<Product>> {
        self.product_by_sku(ctx, sku).await
    }

    #[graphql(entity)]
    async fn find_brand(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Brand>> {
        match row_id(&id) {
            Some(id) => Ok(ctx.data::<Lookups>()?.brands.load(id).await?.map(Brand)),
            None => Ok(None),
        }
    }

    #[graphql(entity)]
    async fn find_category(&self, ctx: &Context<'_>, slug: String) -> Result<Option<Category>> {
        self.category(ctx, slug).await
    }

    #[graphql(entity)]
    async fn find_warehouse(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Warehouse>> {
        match row_id(&id) {
            Some(id) => Ok(ctx.data::<Lookups>()?.warehouses.load(id).await?.map(Warehouse)),
            None => Ok(None),
        }
    }

    #[graphql(entity)]
    async fn find_stock_item(&self, ctx: &Context<'_>, warehouse: ById, product: ById) -> Result<Option<StockItem>> {
        let (Some(warehouse), Some(product)) = (row_id(&warehouse.id), row_id(&product.id)) else {
            return Ok(None);
        };
        let stock = ctx.data::<Lookups>()?.stock.load(product).await?.unwrap_or_default();
        Ok(stock.into_iter().find(|row| row.warehouse == warehouse).map(StockItem))
    }
}

/// The database that a request may ask.
pub fn store<'a>(ctx: &'a Context<'_>) -> Result<&'a Store> {
    Ok(ctx.data::<Arc<Store>>()?)
}

/// The product with this id.
pub async fn product(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Product>> {
    match id {
        Some(id) => Ok(ctx.data::<Lookups>()?.products.load(id).await?.map(Product)),
        None => Ok(None),
    }
}

/// The part of a compound key that names something by its id.
#[derive(Debug, InputObject)]
pub struct ById {
    id: ID,
}

/// Something to buy.
#[derive(Debug, Clone)]
pub struct Product(pub ProductRow);

#[Object]
impl Product {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn sku(&self) -> &str {
        &self.0.sku
    }

    #[graphql(shareable)]
    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn description(&self) -> &str {
        &self.0.description
    }

    async fn status(&self) -> ProductStatus {
        self.0.status
    }

    async fn price(&self) -> Money {
        Money(self.0.price)
    }

    #[graphql(inaccessible, tag = "internal")]
    async fn purchase_price(&self) -> Money {
        Money(self.0.purchase_price)
    }

    #[graphql(deprecation = "Misread as the shop's own cost: use `price`.")]
    async fn cost(&self) -> Money {
        Money(self.0.price)
    }

    async fn weight(&self) -> i32 {
        self.0.weight
    }

    async fn dimensions(&self) -> Dimensions {
        let [width, height, depth] = self.0.size;
        Dimensions { width, height, depth }
    }

    async fn brand(&self, ctx: &Context<'_>) -> Result<Brand> {
        let brand = ctx.data::<Lookups>()?.brands.load(self.0.brand).await?;
        Ok(Brand(brand.ok_or("the product's brand is missing")?))
    }

    async fn category(&self, ctx: &Context<'_>) -> Result<Category> {
        let category = ctx.data::<Lookups>()?.categories.load(self.0.category.clone()).await?;
        Ok(Category(category.ok_or("the product's category is missing")?))
    }

    async fn added_at(&self) -> Moment {
        Moment(self.0.added_at)
    }

    async fn stock(&self, ctx: &Context<'_>) -> Result<Vec<StockItem>> {
        let stock = ctx.data::<Lookups>()?.stock.load(self.0.id).await?.unwrap_or_default();
        Ok(stock.into_iter().map(StockItem).collect())
    }

    async fn in_stock(&self, ctx: &Context<'_>) -> Result<bool> {
        let stock = ctx.data::<Lookups>()?.stock.load(self.0.id).await?.unwrap_or_default();
        Ok(stock.iter().any(|row| row.quantity > 0))
    }

    async fn related(&self, ctx: &Context<'_>, #[graphql(default = 4)] first: i32) -> Result<Vec<Product>> {
        let first = bounded(first, 20)?;
        let lookups = ctx.data::<Lookups>()?;
        let ids = lookups.related.load((self.0.id, first)).await?.unwrap_or_default();
        let rows = futures::future::try_join_all(ids.into_iter().map(|id| lookups.products.load(id))).await?;
        Ok(rows.into_iter().flatten().map(Product).collect())
    }
}

/// The size of a packed product, in millimetres.
#[derive(SimpleObject)]
pub struct Dimensions {
    width: i32,
    height: i32,
    depth: i32,
}

connection!(ProductConnection, ProductEdge, Product, Counted);

/// How the whole list behind a page is counted.
pub enum Counted {
    /// Those that pass a filter.
    Passing(store::Filter),
    /// Those of a brand or a category.
    Owned(super::lookup::OwnerKey),
}

impl Counted {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32> {
        match self {
            Self::Passing(filter) => Ok(store(ctx)?.count(filter).await.map_err(|error| LookupFailed::log(&error))?),
            Self::Owned(owner) => {
                Ok(ctx.data::<Lookups>()?.owned_counts.load(owner.clone()).await?.unwrap_or_default())
            }
        }
    }
}

/// Which products a list shows.
#[derive(Debug, InputObject)]
pub struct ProductFilter {
    category_slug: Option<String>,
    brand_id: Option<ID>,
    status: Option<ProductStatus>,
    minimum_price: Option<Money>,
    maximum_price: Option<Money>,
}

impl From<ProductFilter> for store::Filter {
    fn from(filter: ProductFilter) -> Self {
        Self {
            category: filter.category_slug,
            // An id that no brand can have passes no product.
            brand: filter.brand_id.map(|id| row_id(&id).unwrap_or(0)),
            status: filter.status,
            minimum_price: filter.minimum_price.map(|money| money.0),
            maximum_price: filter.maximum_price.map(|money| money.0),
        }
    }
}
