//! The rules by which changes are told apart: one table of codes, how bad each is, and what it means.

use std::fmt;

/// How bad a change is for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Criticality {
    /// Operations that were valid are refused now, or answers no longer have the form they had.
    Breaking,
    /// Operations stay valid, but a client may meet what it does not expect.
    Dangerous,
    /// Nobody needs to notice.
    Safe,
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "breaking",
            Self::Dangerous => "dangerous",
            Self::Safe => "safe",
        })
    }
}

/// Makes the enum, the list of all rules, their codes, criticality, meaning and advice from one table.
macro_rules! rules {
    ($($variant:ident = $code:literal, $criticality:ident, $meaning:literal, $advice:literal;)+) => {
        /// What kind of change it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $meaning] $variant,)+
        }

        impl Rule {
            /// All there are, in the order of the module's table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its code: `FIELD_REMOVED`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// How bad such a change is.
            pub const fn criticality(self) -> Criticality {
                match self {
                    $(Self::$variant => Criticality::$criticality,)+
                }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }

            /// What to do about it, in a sentence.
            pub const fn advice(self) -> &'static str {
                match self {
                    $(Self::$variant => $advice,)+
                }
            }
        }
    };
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

rules! {
    TypeRemoved = "TYPE_REMOVED", Breaking,
        "A type is no longer in the graph; operations that name it or its fields are refused.",
        "Deprecate its fields first, and remove it when no client uses them any more.";
    TypeKindChanged = "TYPE_KIND_CHANGED", Breaking,
        "A type became another kind of type, such as an interface where an object was.",
        "Add a type of another name, and move clients over to it.";
    TypeAdded = "TYPE_ADDED", Safe,
        "A type is new in the graph.",
        "Nothing is to be done.";
    RootTypeRemoved = "ROOT_TYPE_REMOVED", Breaking,
        "The graph no longer has mutations, or subscriptions.",
        "Deprecate their fields first, and remove them when no client uses them any more.";
    RootTypeChanged = "ROOT_TYPE_CHANGED", Breaking,
        "Queries, mutations or subscriptions start at a type of another name.",
        "Keep the name of the root type.";
    RootTypeAdded = "ROOT_TYPE_ADDED", Safe,
        "The graph has mutations, or subscriptions, for the first time.",
        "Nothing is to be done.";
    FieldRemoved = "FIELD_REMOVED", Breaking,
        "A field is no longer in the graph; operations that ask for it are refused.",
        "Deprecate it first, and remove it when no client uses it any more.";
    FieldTypeChanged = "FIELD_TYPE_CHANGED", Breaking,
        "A field gives another type than before, or may be null where it could not.",
        "Add a field of another name, deprecate this one, and move clients over.";
    FieldTypeNarrowed = "FIELD_TYPE_NARROWED", Safe,
        "A field, or the items of its list, can no longer be null.",
        "Nothing is to be done, unless clients ask for it beside a nullable field of another type under one name.";
    FieldAdded = "FIELD_ADDED", Safe,
        "A field is new in the graph.",
        "Nothing is to be done.";
    ArgRemoved = "ARG_REMOVED", Breaking,
        "An argument is gone; operations that give it are refused.",
        "Deprecate it first, and remove it when no client gives it any more.";
    ArgTypeChanged = "ARG_TYPE_CHANGED", Breaking,
        "An argument takes another type than before, or must not be null where it could be.",
        "Add an argument of another name, and deprecate this one.";
    ArgMadeRequired = "ARG_MADE_REQUIRED", Breaking,
        "An argument lost its default value, so that clients can no longer leave it out.",
        "Keep the default value.";
    ArgTypeWidened = "ARG_TYPE_WIDENED", Safe,
        "An argument, or the items of its list, may be null now.",
        "Nothing is to be done.";
    RequiredArgAdded = "REQUIRED_ARG_ADDED", Breaking,
        "A new argument must be given; operations without it are refused.",
        "Make it nullable, or give it a default value.";
    OptionalArgAdded = "OPTIONAL_ARG_ADDED", Safe,
        "A new argument may be given.",
        "Nothing is to be done.";
    InputFieldRemoved = "INPUT_FIELD_REMOVED", Breaking,
        "A field of an input object is gone; operations that give it are refused.",
        "Deprecate it first, and remove it when no client gives it any more.";
    InputFieldTypeChanged = "INPUT_FIELD_TYPE_CHANGED", Breaking,
        "A field of an input object takes another type than before, or must not be null where it could be.",
        "Add a field of another name, and deprecate this one.";
    InputFieldMadeRequired = "INPUT_FIELD_MADE_REQUIRED", Breaking,
        "A field of an input object lost its default value, so that clients can no longer leave it out.",
        "Keep the default value.";
    InputFieldTypeWidened = "INPUT_FIELD_TYPE_WIDENED", Safe,
        "A field of an input object, or the items of its list, may be null now.",
        "Nothing is to be done.";
    RequiredInputFieldAdded = "REQUIRED_INPUT_FIELD_ADDED", Breaking,
        "A new field of an input object must be given; operations that give the object without it are refused.",
        "Make it nullable, or give it a default value.";
    OptionalInputFieldAdded = "OPTIONAL_INPUT_FIELD_ADDED", Safe,
        "A new field of an input object may be given.",
        "Nothing is to be done.";
    DefaultChanged = "DEFAULT_CHANGED", Dangerous,
        "An argument or input field means something else when it is left out.",
        "See whether clients that leave it out can live with the new value.";
    OneOfAdded = "ONE_OF_ADDED", Breaking,
        "An input object takes exactly one of its fields now.",
        "Add an input object of another name with @oneOf.";
    OneOfRemoved = "ONE_OF_REMOVED", Safe,
        "An input object takes any of its fields now.",
        "Nothing is to be done.";
    EnumValueRemoved = "ENUM_VALUE_REMOVED", Breaking,
        "A value of an enum is gone; operations that give it are refused.",
        "Deprecate it first, and remove it when no client gives it any more.";
    EnumValueAdded = "ENUM_VALUE_ADDED", Dangerous,
        "A value of an enum is new; clients may be answered with a value that they do not know.",
        "See whether clients have a way out for values that they do not know.";
    ImplementationRemoved = "IMPLEMENTATION_REMOVED", Breaking,
        "A type no longer implements an interface; fragments of one inside the other are refused.",
        "Move clients to other fields first.";
    ImplementationAdded = "IMPLEMENTATION_ADDED", Dangerous,
        "A type implements an interface; clients may be answered with a type that they do not know there.",
        "See whether clients have a way out for types that they do not know.";
    UnionMemberRemoved = "UNION_MEMBER_REMOVED", Breaking,
        "A type is no longer a member of a union; fragments on it inside the union are refused.",
        "Move clients to other fields first.";
    UnionMemberAdded = "UNION_MEMBER_ADDED", Dangerous,
        "A type is a new member of a union; clients may be answered with a type that they do not know there.",
        "See whether clients have a way out for types that they do not know.";
    DirectiveRemoved = "DIRECTIVE_REMOVED", Breaking,
        "A directive for operations is gone; operations that apply it are refused.",
        "Remove it when no client applies it any more.";
    DirectiveLocationRemoved = "DIRECTIVE_LOCATION_REMOVED", Breaking,
        "A directive can no longer be applied at one kind of place in operations.",
        "Keep the location until no client uses it any more.";
    DirectiveRepeatableRemoved = "DIRECTIVE_REPEATABLE_REMOVED", Breaking,
        "A directive can no longer be applied twice at one place.",
        "Keep it repeatable until no client does so any more.";
    DirectiveAdded = "DIRECTIVE_ADDED", Safe,
        "A directive for operations is new.",
        "Nothing is to be done.";
    DirectiveLocationAdded = "DIRECTIVE_LOCATION_ADDED", Safe,
        "A directive can be applied at one more kind of place.",
        "Nothing is to be done.";
    DirectiveRepeatableAdded = "DIRECTIVE_REPEATABLE_ADDED", Safe,
        "A directive can be applied several times at one place.",
        "Nothing is to be done.";
    SpecifiedByChanged = "SPECIFIED_BY_CHANGED", Dangerous,
        "A scalar is written as another specification says.",
        "See whether clients can read and write the new form.";
    DeprecationAdded = "DEPRECATION_ADDED", Safe,
        "A field, argument or enum value is deprecated now.",
        "Nothing is to be done; clients may want to know.";
    DeprecationRemoved = "DEPRECATION_REMOVED", Safe,
        "A field, argument or enum value is no longer deprecated.",
        "Nothing is to be done.";
    DeprecationReasonChanged = "DEPRECATION_REASON_CHANGED", Safe,
        "The reason why something is deprecated reads differently.",
        "Nothing is to be done.";
    DescriptionChanged = "DESCRIPTION_CHANGED", Safe,
        "The description of a type, field, argument, value or directive reads differently.",
        "Nothing is to be done.";
}
