//! What products stand on and come from: categories, brands, warehouses and the stock in them.

use async_graphql::{Context, ID, Object, Result, Union};

use super::lookup::{Lookups, OwnerKey};
use super::schema::{Counted, Product, ProductConnection, product};
use super::store::{CategoryRow, Owner, PlaceRow, StockRow};
use crate::demo::page::{Cursor, Page, Window};
use crate::demo::place::Country;

/// A maker.
#[derive(Debug, Clone)]
pub struct Brand(pub PlaceRow);

#[Object]
impl Brand {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn country(&self) -> Country {
        self.0.country
    }

    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> Result<ProductConnection> {
        let owner = OwnerKey { owner: Owner::Brand, key: self.0.id.to_string() };
        owned(ctx, owner, Window::new(first, after.as_deref())?).await
    }
}

/// A shelf.
#[derive(Debug, Clone)]
pub struct Category(pub CategoryRow);

#[Object]
impl Category {
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Category>> {
        match self.0.parent.clone() {
            Some(parent) => Ok(ctx.data::<Lookups>()?.categories.load(parent).await?.map(Category)),
            None => Ok(None),
        }
    }

    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        let children = ctx.data::<Lookups>()?.children.load(self.0.slug.clone()).await?;
        Ok(children.unwrap_or_default().into_iter().map(Category).collect())
    }

    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> Result<ProductConnection> {
        let owner = OwnerKey { owner: Owner::Category, key: self.0.slug.clone() };
        owned(ctx, owner, Window::new(first, after.as_deref())?).await
    }
}

async fn owned(ctx: &Context<'_>, owner: OwnerKey, window: Window) -> Result<ProductConnection> {
    let rows = ctx.data::<Lookups>()?.owned.load((owner.clone(), window)).await?.unwrap_or_default();
    let page = Page::new(window, rows, |row| Cursor::of_id(row.id)).map(Product);
    Ok(ProductConnection::new(page, Counted::Owned(owner)))
}

/// A warehouse.
#[derive(Debug, Clone)]
pub struct Warehouse(pub PlaceRow);

#[Object]
impl Warehouse {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn country(&self) -> Country {
        self.0.country
    }
}

/// How much of a product lies in a warehouse.
#[derive(Debug, Clone)]
pub struct StockItem(pub StockRow);

#[Object]
impl StockItem {
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        let warehouse = ctx.data::<Lookups>()?.warehouses.load(self.0.warehouse).await?;
        Ok(Warehouse(warehouse.ok_or("the stock's warehouse is missing")?))
    }

    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        Ok(product(ctx, Some(self.0.product)).await?.ok_or("the stock's product is missing")?)
    }

    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    #[graphql(tag = "internal")]
    async fn location(&self) -> &str {
        &self.0.location
    }
}

/// What a search finds.
#[derive(Union)]
#[allow(missing_docs)]
pub enum SearchResult {
    Product(Product),
    Category(Category),
    Brand(Brand),
}

impl SearchResult {
    /// What a hit stands for: a kind and an id or slug.
    pub async fn load(ctx: &Context<'_>, (kind, key): (i64, String)) -> Result<Option<Self>> {
        let lookups = ctx.data::<Lookups>()?;
        if kind == 0 {
            return Ok(lookups.categories.load(key).await?.map(|row| Self::Category(Category(row))));
        }
        let id = key.parse()?;
        if kind == 1 {
            return Ok(lookups.brands.load(id).await?.map(|row| Self::Brand(Brand(row))));
        }
        Ok(product(ctx, Some(id)).await?.map(Self::Product))
    }
}
