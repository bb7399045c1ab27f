//! The JSON schema of `weft.yaml`, for editors and for `weft config schema`.

use super::raw::RawConfig;
use serde_json::Value;

/// The schema, with a description for every key; the same bytes every time.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(RawConfig).to_value();
    schema["title"] = Value::from("weft.yaml");
    schema
}
