//! The codes of everything that reading and composing subgraphs can find: one list, so that a test can ask for a
//! case of each.
//!
//! The strings are those that users of Federation know, from its error and hint references; two that mean the
//! same in both are in the list once.

/// Makes the enum, the list of all its variants, their strings and meanings from one table.
macro_rules! codes {
    ($($(#[doc = $text:literal])+ $variant:ident = $code:literal,)+) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $text])+ $variant,)+
        }

        impl Code {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What it means, in a sentence or two.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($text),+),)+
                }
            }

            /// As users know it: `INVALID_FIELD_SHARING`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

impl From<Code> for &'static str {
    fn from(code: Code) -> Self {
        code.as_str()
    }
}

codes! {
    // Errors.
    /// A schema defines a directive of a specification otherwise than the specification does.
    DirectiveDefinitionInvalid = "DIRECTIVE_DEFINITION_INVALID",
    /// A schema defines a type of a specification otherwise than the specification does.
    TypeDefinitionInvalid = "TYPE_DEFINITION_INVALID",
    /// A schema breaks a rule of GraphQL itself.
    InvalidGraphql = "INVALID_GRAPHQL",
    /// A subgraph's name is reserved, empty, or taken.
    InvalidSubgraphName = "INVALID_SUBGRAPH_NAME",
    /// No subgraph has a query.
    NoQueries = "NO_QUERIES",
    /// A type is called `Query`, but another one is the query type.
    RootQueryUsed = "ROOT_QUERY_USED",
    /// A type is called `Mutation`, but another one is the mutation type.
    RootMutationUsed = "ROOT_MUTATION_USED",
    /// A type is called `Subscription`, but another one is the subscription type.
    RootSubscriptionUsed = "ROOT_SUBSCRIPTION_USED",

    /// An application of `@link` breaks its specification.
    InvalidLinkDirectiveUsage = "INVALID_LINK_DIRECTIVE_USAGE",
    /// The URL of a `@link` is no URL, or names no version.
    InvalidLinkIdentifier = "INVALID_LINK_IDENTIFIER",
    /// `@link` itself is linked in a version that is not known.
    UnknownLinkVersion = "UNKNOWN_LINK_VERSION",
    /// A specification is linked that changes the graph in a way that is not known.
    UnsupportedLinkedFeature = "UNSUPPORTED_LINKED_FEATURE",
    /// Federation is linked in a version that is not known.
    UnknownFederationLinkVersion = "UNKNOWN_FEDERATION_LINK_VERSION",
    /// `@composeDirective` names what cannot be composed.
    DirectiveCompositionError = "DIRECTIVE_COMPOSITION_ERROR",

    /// A key selects a field that takes arguments.
    KeyFieldsHasArgs = "KEY_FIELDS_HAS_ARGS",
    /// A key selects a field of an interface or union.
    KeyFieldsSelectInvalidType = "KEY_FIELDS_SELECT_INVALID_TYPE",
    /// The fields of a key cannot be read, or do not exist.
    KeyInvalidFields = "KEY_INVALID_FIELDS",
    /// The fields of a key are not given as a string.
    KeyInvalidFieldsType = "KEY_INVALID_FIELDS_TYPE",
    /// The fields of a key apply a directive.
    KeyDirectiveInFieldsArg = "KEY_DIRECTIVE_IN_FIELDS_ARG",
    /// An interface has a key, before federation v2.3.
    KeyUnsupportedOnInterface = "KEY_UNSUPPORTED_ON_INTERFACE",
    /// An interface has a key that one of its implementations lacks.
    InterfaceKeyNotOnImplementation = "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
    /// A subgraph resolves an interface by a key without knowing all its implementations.
    InterfaceKeyMissingImplementationType = "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
    /// `@requires` selects what the subgraph resolves itself.
    RequiresFieldsMissingExternal = "REQUIRES_FIELDS_MISSING_EXTERNAL",
    /// The fields of `@requires` cannot be read, or do not exist.
    RequiresInvalidFields = "REQUIRES_INVALID_FIELDS",
    /// The fields of `@requires` are not given as a string.
    RequiresInvalidFieldsType = "REQUIRES_INVALID_FIELDS_TYPE",
    /// The fields of `@requires` apply a directive.
    RequiresDirectiveInFieldsArg = "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
    /// `@requires` stands on a field of an interface.
    RequiresUnsupportedOnInterface = "REQUIRES_UNSUPPORTED_ON_INTERFACE",
    /// `@provides` selects a field that takes arguments.
    ProvidesFieldsHasArgs = "PROVIDES_FIELDS_HAS_ARGS",
    /// `@provides` selects what the subgraph resolves anyway.
    ProvidesFieldsMissingExternal = "PROVIDES_FIELDS_MISSING_EXTERNAL",
    /// The fields of `@provides` cannot be read, or do not exist.
    ProvidesInvalidFields = "PROVIDES_INVALID_FIELDS",
    /// The fields of `@provides` are not given as a string.
    ProvidesInvalidFieldsType = "PROVIDES_INVALID_FIELDS_TYPE",
    /// The fields of `@provides` apply a directive.
    ProvidesDirectiveInFieldsArg = "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
    /// `@provides` stands on a field whose type has no fields.
    ProvidesOnNonObjectField = "PROVIDES_ON_NON_OBJECT_FIELD",
    /// `@provides` stands on a field of an interface.
    ProvidesUnsupportedOnInterface = "PROVIDES_UNSUPPORTED_ON_INTERFACE",

    /// An `@external` field is part of nothing that needs it.
    ExternalUnused = "EXTERNAL_UNUSED",
    /// A field is `@external` wherever it is defined.
    ExternalMissingOnBase = "EXTERNAL_MISSING_ON_BASE",
    /// A field of an interface is `@external`.
    ExternalOnInterface = "EXTERNAL_ON_INTERFACE",
    /// An `@external` field has another type than where it is resolved.
    ExternalTypeMismatch = "EXTERNAL_TYPE_MISMATCH",
    /// An `@external` field lacks an argument that it has where it is resolved.
    ExternalArgumentMissing = "EXTERNAL_ARGUMENT_MISSING",
    /// An argument of an `@external` field has another type than where the field is resolved.
    ExternalArgumentTypeMismatch = "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
    /// An argument of an `@external` field has another default than where the field is resolved.
    ExternalArgumentDefaultMismatch = "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
    /// A field is `@external` and has a directive that only who resolves it can honour.
    ExternalCollisionWithAnotherDirective = "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
    /// An `@external` field has a directive for the supergraph, which does not see it.
    MergedDirectiveApplicationOnExternal = "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
    /// A type of a Federation 1 schema has only `@external` fields that nothing uses.
    TypeWithOnlyUnusedExternal = "TYPE_WITH_ONLY_UNUSED_EXTERNAL",

    /// Several subgraphs resolve a field that is not `@shareable` in all of them.
    InvalidFieldSharing = "INVALID_FIELD_SHARING",
    /// `@shareable` stands where nothing is resolved.
    InvalidShareableUsage = "INVALID_SHAREABLE_USAGE",
    /// Subgraphs that share a field can give no object in common.
    ShareableHasMismatchedRuntimeTypes = "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
    /// A field is overridden that another directive ties to its subgraph.
    OverrideCollisionWithAnotherDirective = "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
    /// A field overrides its own subgraph's.
    OverrideFromSelfError = "OVERRIDE_FROM_SELF_ERROR",
    /// A label of `@override` has a form that nothing can evaluate.
    OverrideLabelInvalid = "OVERRIDE_LABEL_INVALID",
    /// A field of an interface is overridden.
    OverrideOnInterface = "OVERRIDE_ON_INTERFACE",
    /// A field that is overridden overrides another.
    OverrideSourceHasOverride = "OVERRIDE_SOURCE_HAS_OVERRIDE",
    /// `@interfaceObject` stands where it cannot work.
    InterfaceObjectUsageError = "INTERFACE_OBJECT_USAGE_ERROR",

    /// A context has a name that no selection could refer to.
    ContextNameInvalid = "CONTEXT_NAME_INVALID",
    /// A context is used that no type sets, or where it cannot be used.
    ContextNotSet = "CONTEXT_NOT_SET",
    /// The selection of `@fromContext` gives no value that fits the argument.
    ContextInvalidSelection = "CONTEXT_INVALID_SELECTION",
    /// A type has an argument from a context but no key to fetch it by.
    ContextNoResolvableKey = "CONTEXT_NO_RESOLVABLE_KEY",
    /// The selection of `@fromContext` names no context.
    NoContextInSelection = "NO_CONTEXT_IN_SELECTION",
    /// An argument comes from a context in some subgraphs and from the client in others.
    ContextualArgumentNotContextualInAllSubgraphs = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",

    /// An access rule stands on an interface, which inherits those of its implementations.
    AuthRequirementsAppliedOnInterface = "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
    /// A field asks for less than the data that it is computed from.
    MissingTransitiveAuthRequirements = "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
    /// Something is allowed, but more than can be worked out here.
    UnsupportedFeature = "UNSUPPORTED_FEATURE",
    /// `@cost` stands on a field of an interface.
    CostAppliedToInterfaceField = "COST_APPLIED_TO_INTERFACE_FIELD",
    /// `@listSize` stands on a field that gives no list.
    ListSizeAppliedToNonList = "LIST_SIZE_APPLIED_TO_NON_LIST",
    /// `@listSize` assumes a negative size.
    ListSizeInvalidAssumedSize = "LIST_SIZE_INVALID_ASSUMED_SIZE",
    /// `@listSize` names a sized field that is no list.
    ListSizeInvalidSizedField = "LIST_SIZE_INVALID_SIZED_FIELD",
    /// `@listSize` names a slicing argument that is no integer.
    ListSizeInvalidSlicingArgument = "LIST_SIZE_INVALID_SLICING_ARGUMENT",

    /// A type is of different kinds in different subgraphs.
    TypeKindMismatch = "TYPE_KIND_MISMATCH",
    /// A type is extended that no subgraph defines.
    ExtensionWithNoBase = "EXTENSION_WITH_NO_BASE",
    /// A field has types that do not fit together.
    FieldTypeMismatch = "FIELD_TYPE_MISMATCH",
    /// An argument has types that do not fit together.
    FieldArgumentTypeMismatch = "FIELD_ARGUMENT_TYPE_MISMATCH",
    /// An argument has different defaults.
    FieldArgumentDefaultMismatch = "FIELD_ARGUMENT_DEFAULT_MISMATCH",
    /// An argument is required in some subgraphs and unknown in others.
    RequiredArgumentMissingInSomeSubgraph = "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
    /// An input field has different defaults.
    InputFieldDefaultMismatch = "INPUT_FIELD_DEFAULT_MISMATCH",
    /// An input field is required in some subgraphs and unknown in others.
    RequiredInputFieldMissingInSomeSubgraph = "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
    /// An input object has no field that all subgraphs take.
    EmptyMergedInputType = "EMPTY_MERGED_INPUT_TYPE",
    /// An enum that is both given and taken differs between subgraphs.
    EnumValueMismatch = "ENUM_VALUE_MISMATCH",
    /// An enum that is taken has no value that all subgraphs know.
    EmptyMergedEnumType = "EMPTY_MERGED_ENUM_TYPE",
    /// An object lacks a field of its interface once both are merged.
    InterfaceFieldNoImplem = "INTERFACE_FIELD_NO_IMPLEM",
    /// An object's field no longer fits its interface once both are merged.
    InterfaceFieldImplemTypeMismatch = "INTERFACE_FIELD_IMPLEM_TYPE_MISMATCH",

    /// The query type is `@inaccessible`.
    QueryRootTypeInaccessible = "QUERY_ROOT_TYPE_INACCESSIBLE",
    /// Something shown is of a type that is hidden.
    ReferencedInaccessible = "REFERENCED_INACCESSIBLE",
    /// Something shown has a default that is hidden.
    DefaultValueUsesInaccessible = "DEFAULT_VALUE_USES_INACCESSIBLE",
    /// Something hidden must be given.
    RequiredInaccessible = "REQUIRED_INACCESSIBLE",
    /// Something hidden implements what an interface shows.
    ImplementedByInaccessible = "IMPLEMENTED_BY_INACCESSIBLE",
    /// A type is shown of which everything is hidden.
    OnlyInaccessibleChildren = "ONLY_INACCESSIBLE_CHILDREN",

    /// A query that the API allows cannot be answered.
    SatisfiabilityError = "SATISFIABILITY_ERROR",
    /// The ways in which queries can come to a type are too many to be checked.
    MaxValidationSubgraphPathsExceeded = "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED",

    // Hints.
    /// A linked specification needs a newer federation than the schema links.
    ImplicitlyUpgradedFederationVersion = "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
    /// A directive goes by different names in different subgraphs.
    LinkImportNameMismatch = "LINK_IMPORT_NAME_MISMATCH",
    /// `@composeDirective` is not needed, or a specification that is not composed differs between subgraphs.
    DirectiveCompositionInfo = "DIRECTIVE_COMPOSITION_INFO",
    /// A composed directive goes by another name where it is not composed.
    DirectiveCompositionWarn = "DIRECTIVE_COMPOSITION_WARN",
    /// A field overrides one of a subgraph that does not exist.
    FromSubgraphDoesNotExist = "FROM_SUBGRAPH_DOES_NOT_EXIST",
    /// `@override` overrides nothing any more.
    OverrideDirectiveCanBeRemoved = "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
    /// A field is overridden for good.
    OverriddenFieldCanBeRemoved = "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
    /// A field is overridden under a label.
    OverrideMigrationInProgress = "OVERRIDE_MIGRATION_IN_PROGRESS",
    /// An enum is neither given nor taken.
    UnusedEnumType = "UNUSED_ENUM_TYPE",
    /// An optional argument is left out, as some subgraphs do not take it.
    InconsistentArgumentPresence = "INCONSISTENT_ARGUMENT_PRESENCE",
    /// An argument has different types, one of which serves for all.
    InconsistentButCompatibleArgumentType = "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
    /// A field has different types, one of which serves for all.
    InconsistentButCompatibleFieldType = "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
    /// A default is left out, as some subgraphs have none.
    InconsistentDefaultValuePresence = "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
    /// Something is described differently.
    InconsistentDescription = "INCONSISTENT_DESCRIPTION",
    /// A type has keys in some subgraphs only.
    InconsistentEntity = "INCONSISTENT_ENTITY",
    /// A value of an enum that is taken is left out, as some subgraphs lack it.
    InconsistentEnumValueForInputEnum = "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
    /// `@cacheInvalidate` stands where it does nothing, or asks for what is not there.
    CacheInvalidateIgnored = "CACHE_INVALIDATE_IGNORED",
    /// Some subgraphs lack a value of an enum that is given.
    InconsistentEnumValueForOutputEnum = "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
    /// An executable directive has different locations.
    InconsistentExecutableDirectiveLocations = "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
    /// An executable directive is left out, as some subgraphs do not define it.
    InconsistentExecutableDirectivePresence = "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
    /// An executable directive is repeatable in some subgraphs only.
    InconsistentExecutableDirectiveRepeatable = "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
    /// An executable directive is left out, as it has no location in common.
    NoExecutableDirectiveIntersection = "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
    /// An input field is left out, as some subgraphs do not take it.
    InconsistentInputObjectField = "INCONSISTENT_INPUT_OBJECT_FIELD",
    /// Some subgraphs lack a field of an interface without keys.
    InconsistentInterfaceValueTypeField = "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD",
    /// Some subgraphs lack a field of an object without keys.
    InconsistentObjectValueTypeField = "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD",
    /// A directive is applied with different arguments, and one application is chosen.
    InconsistentNonRepeatableDirectiveArguments = "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
    /// A directive is applied with different arguments, and they are put together.
    MergedNonRepeatableDirectiveArguments = "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
    /// Subgraphs that share a field may give different objects.
    InconsistentRuntimeTypesForShareableReturn = "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
    /// A union has a member that some subgraphs lack.
    InconsistentUnionMember = "INCONSISTENT_UNION_MEMBER",
}
