//! What is written to the products service.

use async_graphql::{Context, ID, InputObject, Interface, Object, Result, SimpleObject};

use super::lookup::Lookups;
use super::schema::store;
use super::shelves::StockItem;
use super::store::Adjusted;
use crate::demo::lookup::LookupFailed;
use crate::demo::place::InvalidInput;
use crate::demo::scalar::row_id;

/// The root of mutations.
pub struct Mutation;

#[Object]
impl Mutation {
    async fn adjust_stock(&self, ctx: &Context<'_>, input: AdjustStockInput) -> Result<AdjustStockPayload> {
        if input.change == 0 {
            return Ok(AdjustStockPayload::refused(InvalidInput::new("change", "must not be zero").into()));
        }
        let adjusted = match (row_id(&input.warehouse_id), row_id(&input.product_id)) {
            (Some(warehouse), Some(product)) => store(ctx)?
                .adjust(warehouse, product, input.change.into())
                .await
                .map_err(|error| LookupFailed::log(&error))?,
            _ => Adjusted::Unknown,
        };
        ctx.data::<Lookups>()?.forget().await;
        Ok(match adjusted {
            Adjusted::Done(stock) => AdjustStockPayload { stock_item: Some(StockItem(stock)), problems: Vec::new() },
            Adjusted::TooFew { quantity } => {
                let rule = format!("would leave less than none or too many: there are {quantity}");
                AdjustStockPayload::refused(InvalidInput::new("change", &rule).into())
            }
            Adjusted::Unknown => AdjustStockPayload::refused(
                UnknownStockItem {
                    message: format!(
                        "Warehouse `{}` does not hold product `{}`.",
                        *input.warehouse_id, *input.product_id
                    ),
                    warehouse_id: input.warehouse_id,
                    product_id: input.product_id,
                }
                .into(),
            ),
        })
    }
}

/// A correction of stock.
#[derive(Debug, InputObject)]
pub struct AdjustStockInput {
    warehouse_id: ID,
    product_id: ID,
    change: i32,
}

/// The stock after the change, or why there is none.
#[derive(SimpleObject)]
pub struct AdjustStockPayload {
    stock_item: Option<StockItem>,
    problems: Vec<Problem>,
}

impl AdjustStockPayload {
    fn refused(problem: Problem) -> Self {
        Self { stock_item: None, problems: vec![problem] }
    }
}

/// Why a mutation did not do what was asked.
#[derive(Interface)]
#[graphql(field(name = "message", ty = "&String"))]
#[allow(missing_docs)]
pub enum Problem {
    InvalidInput(InvalidInput),
    UnknownStockItem(UnknownStockItem),
}

/// The warehouse does not hold that product.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct UnknownStockItem {
    pub message: String,
    pub warehouse_id: ID,
    pub product_id: ID,
}
