//! `schemas/NAME.graphql` is what the services publish and what their resolvers do.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::{ExtendedType, Value as AstValue};
use serde_json::json;
use weft::demo::Service;

use super::{data, shared};

#[tokio::test]
async fn each_service_publishes_its_schema_file() {
    for service in Service::ALL {
        let published = data(shared(service), "{ _service { sdl } }", json!({})).await;
        assert_eq!(published["_service"]["sdl"], service.sdl());
        let published = data(shared(service), "query Q { s: _service { text: sdl __typename } }", json!({})).await;
        assert_eq!(published["s"]["text"], service.sdl());
    }
}

#[test]
fn the_resolvers_do_what_the_schema_files_say() {
    for service in Service::ALL {
        let written = lines(service.sdl());
        let exported = lines(&service.exported_sdl());
        let missing: Vec<_> = written.difference(&exported).collect();
        let surplus: Vec<_> = exported.difference(&written).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{}: only in the file: {missing:#?}, only in the resolvers: {surplus:#?}",
            service.name()
        );
    }
}

/// async-graphql cannot say who may see what, what it costs, nor how long it is good; that is in the files alone.
const UNEXPORTED: [&str; 6] = ["requiresScopes", "cost", "listSize", "cacheControl", "cacheTag", "cacheInvalidate"];

/// Every statement that a schema makes, one per line, in no order: types, members, fields,
/// arguments, and the directives on them. Descriptions are left out.
fn lines(sdl: &str) -> BTreeSet<String> {
    let schema =
        Schema::builder().adopt_orphan_extensions().ignore_builtin_redefinitions().parse(sdl, "schema.graphql");
    let schema = match schema.build() {
        Ok(schema) => schema,
        // Federation's directives are not defined here, which is no syntax error.
        Err(with_errors) => with_errors.partial,
    };
    let mut lines = BTreeSet::new();
    for (name, kind) in &schema.types {
        if !kind.is_built_in() {
            describe(name.as_str(), kind, &mut lines);
        }
    }
    assert!(lines.len() > 50, "the schema was not read");
    lines
}

fn describe(name: &str, kind: &ExtendedType, lines: &mut BTreeSet<String>) {
    let mut add = |line: String| {
        lines.insert(line);
    };
    let exported = kind.directives().iter().filter(|directive| !UNEXPORTED.contains(&directive.name.as_str()));
    for directive in exported {
        add(format!("{name} {}", normal(&directive.to_string())));
    }
    match kind {
        ExtendedType::Scalar(_) => add(format!("scalar {name}")),
        ExtendedType::Object(object) => {
            add(format!("type {name}"));
            object
                .implements_interfaces
                .iter()
                .for_each(|interface| add(format!("{name} implements {}", interface.name)));
            object.fields.values().for_each(|field| add(format!("{name}.{}", field_line(field))));
        }
        ExtendedType::Interface(interface) => {
            add(format!("interface {name}"));
            interface.fields.values().for_each(|field| add(format!("{name}.{}", field_line(field))));
        }
        ExtendedType::Union(union) => {
            union.members.iter().for_each(|member| add(format!("union {name} = {}", member.name)))
        }
        ExtendedType::Enum(kind) => kind.values.values().for_each(|value| add(format!("enum {name} {}", value.value))),
        ExtendedType::InputObject(input) => {
            add(format!("input {name}"));
            input.fields.values().for_each(|field| add(format!("{name}.{}", input_line(field))));
        }
    }
}

fn field_line(field: &FieldDefinition) -> String {
    let arguments: BTreeMap<_, _> =
        field.arguments.iter().map(|argument| (&argument.name, input_line(argument))).collect();
    let directives: BTreeSet<_> = {
        let exported = field.directives.iter().filter(|directive| !UNEXPORTED.contains(&directive.name.as_str()));
        exported.map(|directive| normal(&directive.to_string())).collect()
    };
    format!("{}({:?}): {} {directives:?}", field.name, arguments.values(), field.ty)
}

fn input_line(input: &InputValueDefinition) -> String {
    let default = input.default_value.as_ref().map(|value| match &**value {
        // An enum and a string print differently, as they should.
        AstValue::List(items) => format!("{} items", items.len()),
        other => other.to_string(),
    });
    format!("{}: {} = {default:?}", input.name, input.ty)
}

/// A directive without what may differ in its writing.
fn normal(directive: &str) -> String {
    directive.replace(", ", ",").replace('\n', "")
}

#[test]
fn the_comparison_sees_keys_arguments_and_defaults() {
    let orders = lines(Service::Orders.sdl());
    for line in [
        "OrderItem @key(fields: \"order { id } line\")",
        "StockItem @key(fields: \"warehouse { id } product { id }\",resolvable: false)",
        "OrderItem.product([]): Product! {\"@provides(fields: \\\"name\\\")\"}",
        "Product.shippingCost([\"to: Country! = Some(\\\"DE\\\")\"]): Money! {\"@requires(fields: \\\"price weight\\\")\"}",
        "InvalidInput implements Problem",
        "InvalidInput @shareable",
        "union TimelineEntry = OrderPlaced",
        "enum OrderStatus SHIPPED",
        "OrderItemInput.quantity: Int! = Some(\"1\")",
    ] {
        assert!(orders.contains(line), "{line} is not in {orders:#?}");
    }
}
