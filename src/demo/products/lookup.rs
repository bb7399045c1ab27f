//! The batched look-ups of the products service.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{CategoryRow, Owner, PlaceRow, ProductRow, StockRow, Store};
use crate::demo::lookup::{Batch, Lookup, grouped};
use crate::demo::page::Window;

/// Defines a look-up of rows by a key that at most one of them has.
macro_rules! by_key {
    ($(#[$doc:meta])* $name:ident, $key:ty => $row:ty, $find:ident, |$of:ident| $take:expr) => {
        $(#[$doc])*
        pub struct $name(Arc<Store>);

        impl Lookup for $name {
            type Key = $key;
            type Value = $row;

            async fn find(&self, keys: &[$key]) -> sqlx::Result<HashMap<$key, $row>> {
                Ok(self.0.$find(keys).await?.into_iter().map(|$of| ($take, $of)).collect())
            }
        }
    };
}

by_key!(
    /// Products by id.
    ProductById, i64 => ProductRow, products, |row| row.id
);
by_key!(
    /// Products by stock-keeping unit.
    ProductBySku, String => ProductRow, products_by_sku, |row| row.sku.clone()
);
by_key!(
    /// Brands by id.
    BrandById, i64 => PlaceRow, brands, |row| row.id
);
by_key!(
    /// Warehouses by id.
    WarehouseById, i64 => PlaceRow, warehouses, |row| row.id
);
by_key!(
    /// Categories by slug.
    CategoryBySlug, String => CategoryRow, categories, |row| row.slug.clone()
);

/// Categories by the slug of the one above.
pub struct ChildrenOf(Arc<Store>);

impl Lookup for ChildrenOf {
    type Key = String;
    type Value = Vec<CategoryRow>;

    async fn find(&self, parents: &[String]) -> sqlx::Result<HashMap<String, Vec<CategoryRow>>> {
        let mut found: HashMap<String, Vec<CategoryRow>> = HashMap::new();
        for row in self.0.children(parents).await? {
            found.entry(row.parent.clone().unwrap_or_default()).or_default().push(row);
        }
        Ok(found)
    }
}

/// Stock by product.
pub struct StockOf(Arc<Store>);

impl Lookup for StockOf {
    type Key = i64;
    type Value = Vec<StockRow>;

    async fn find(&self, products: &[i64]) -> sqlx::Result<HashMap<i64, Vec<StockRow>>> {
        let mut found: HashMap<i64, Vec<StockRow>> = HashMap::new();
        for row in self.0.stock(products).await? {
            found.entry(row.product).or_default().push(row);
        }
        Ok(found)
    }
}

/// Ids of related products, by product and by how many are wanted.
pub struct RelatedTo(Arc<Store>);

impl Lookup for RelatedTo {
    type Key = (i64, i32);
    type Value = Vec<i64>;

    async fn find(&self, keys: &[(i64, i32)]) -> sqlx::Result<HashMap<(i64, i32), Vec<i64>>> {
        let mut found: HashMap<(i64, i32), Vec<i64>> = HashMap::new();
        for (first, products) in grouped(keys, |(product, first)| (*first, *product)) {
            for (product, other) in self.0.related(&products, first).await? {
                found.entry((product, first)).or_default().push(other);
            }
        }
        Ok(found)
    }
}

/// A brand by id or a category by slug.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnerKey {
    /// Which of the two.
    pub owner: Owner,
    /// The id or the slug.
    pub key: String,
}

/// Windows of the products of brands and categories.
pub struct ProductsOf(Arc<Store>);

impl Lookup for ProductsOf {
    type Key = (OwnerKey, Window);
    type Value = Vec<ProductRow>;

    async fn find(&self, keys: &[Self::Key]) -> sqlx::Result<HashMap<Self::Key, Vec<ProductRow>>> {
        let mut found: HashMap<Self::Key, Vec<ProductRow>> = HashMap::new();
        let groups = grouped(keys, |(owner, window)| ((owner.owner, *window), owner.key.clone()));
        for ((owner, window), owners) in groups {
            for row in self.0.owned(owner, &owners, window).await? {
                let key = match owner {
                    Owner::Brand => row.brand.to_string(),
                    Owner::Category => row.category.clone(),
                };
                found.entry((OwnerKey { owner, key }, window)).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// How many products brands and categories have.
pub struct ProductCounts(Arc<Store>);

impl Lookup for ProductCounts {
    type Key = OwnerKey;
    type Value = i32;

    async fn find(&self, keys: &[OwnerKey]) -> sqlx::Result<HashMap<OwnerKey, i32>> {
        let mut found = HashMap::new();
        for (owner, owners) in grouped(keys, |key| (key.owner, key.key.clone())) {
            let counts = self.0.owned_counts(owner, &owners).await?;
            found.extend(counts.into_iter().map(|(key, count)| (OwnerKey { owner, key }, count)));
        }
        Ok(found)
    }
}

/// The look-ups of one request.
pub struct Lookups {
    pub products: Batch<ProductById>,
    pub skus: Batch<ProductBySku>,
    pub brands: Batch<BrandById>,
    pub warehouses: Batch<WarehouseById>,
    pub categories: Batch<CategoryBySlug>,
    pub children: Batch<ChildrenOf>,
    pub stock: Batch<StockOf>,
    pub related: Batch<RelatedTo>,
    pub owned: Batch<ProductsOf>,
    pub owned_counts: Batch<ProductCounts>,
}

impl Lookups {
    /// Empty look-ups over `store`.
    pub fn new(store: &Arc<Store>) -> Self {
        Self {
            products: Batch::new(ProductById(Arc::clone(store))),
            skus: Batch::new(ProductBySku(Arc::clone(store))),
            brands: Batch::new(BrandById(Arc::clone(store))),
            warehouses: Batch::new(WarehouseById(Arc::clone(store))),
            categories: Batch::new(CategoryBySlug(Arc::clone(store))),
            children: Batch::new(ChildrenOf(Arc::clone(store))),
            stock: Batch::new(StockOf(Arc::clone(store))),
            related: Batch::new(RelatedTo(Arc::clone(store))),
            owned: Batch::new(ProductsOf(Arc::clone(store))),
            owned_counts: Batch::new(ProductCounts(Arc::clone(store))),
        }
    }

    /// Forgets what was found before a mutation.
    pub async fn forget(&self) {
        self.products.forget().await;
        self.skus.forget().await;
        self.brands.forget().await;
        self.warehouses.forget().await;
        self.categories.forget().await;
        self.children.forget().await;
        self.stock.forget().await;
        self.related.forget().await;
        self.owned.forget().await;
        self.owned_counts.forget().await;
    }
}
