//! What an operation costs, in points: estimated before it is run, and counted by what was answered.
//!
//! The rules are those of IBM's GraphQL cost directives (<https://ibm.github.io/graphql-specs/cost-spec.html>) as
//! Federation composes them, with the defaults of Apollo's demand control: an object costs 1, a scalar or an enum
//! value 0, an input object 1, a mutation 10. A field costs what its arguments cost, and for each value what the
//! value costs with all that is selected of it:
//!
//! ```text
//! cost(field) = cost(arguments) + size x (weight + sum of cost(selected fields))
//! ```
//!
//! - [`schema`] reads `@cost` and `@listSize` of a field, whatever they are called in the supergraph;
//! - [`compile`] turns an operation into [`expression`]s, in which whatever does not depend on variables is folded
//!   into constants;
//! - [`program`] is what is left of them: evaluated per request in one pass, without allocating and without
//!   overflowing;
//! - [`values`] looks into the JSON of variables for sizes and for the weights of input objects;
//! - [`fetches`] does the same for what each subgraph is asked;
//! - [`explain`] shows it field by field.
//!
//! **An estimate is never lower than what the answer costs**, as long as lists are no longer than assumed: of
//! several implementations, slicing arguments and runtime types the dearest counts. Negative weights count as zero.
//!
//! All of it is pure.

mod compile;
mod explain;
mod expression;
mod fetches;
mod program;
mod schema;
mod values;

pub use compile::{OperationCost, Prices};
pub use explain::{ExplainedCost, ExplainedField, ListCost};
pub use fetches::{AskedFetch, AskedField, AskedObjects, FetchCosts, ROOT_PLACE};
pub use program::{Given, Program, Tables};
pub use schema::CostModel;
