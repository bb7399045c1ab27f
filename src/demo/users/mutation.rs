//! What is written to the users service.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::schema::{Problem, UnknownUser, User, user};
use super::store::{Lookups, Store};
use crate::demo::lookup::LookupFailed;
use crate::demo::place::AddressInput;
use crate::demo::scalar::row_id;

/// The root of mutations.
pub struct Mutation;

#[Object]
impl Mutation {
    async fn add_address(&self, ctx: &Context<'_>, input: AddAddressInput) -> Result<AddAddressPayload> {
        let address = match input.address.check("address") {
            Ok(address) => address,
            Err(invalid) => return Ok(AddAddressPayload::refused(Problem::InvalidInput(invalid))),
        };
        let store = ctx.data::<Arc<Store>>()?;
        if let Some(id) = row_id(&input.user_id) {
            let added = store.add_address(id, &address, input.make_default).await;
            if added.map_err(|error| LookupFailed::log(&error))? {
                ctx.data::<Lookups>()?.forget().await;
                return Ok(AddAddressPayload { user: user(ctx, id).await?, problems: Vec::new() });
            }
        }
        let message = format!("There is no user `{}`.", *input.user_id);
        Ok(AddAddressPayload::refused(Problem::UnknownUser(UnknownUser { message, user_id: input.user_id })))
    }
}

/// An address to add.
#[derive(Debug, InputObject)]
pub struct AddAddressInput {
    user_id: ID,
    address: AddressInput,
    #[graphql(default = false)]
    make_default: bool,
}

/// The customer with the new address, or why there is none.
#[derive(SimpleObject)]
pub struct AddAddressPayload {
    user: Option<User>,
    problems: Vec<Problem>,
}

impl AddAddressPayload {
    fn refused(problem: Problem) -> Self {
        Self { user: None, problems: vec![problem] }
    }
}
