//! One report of composition for every code, from the cases in `schemas/composition/`.

use crate::subgraph::Code;

/// The report in which the code is shown best: the first finding with it is the example.
pub(super) const fn report(code: Code) -> &'static str {
    match code {
        Code::DirectiveDefinitionInvalid => {
            include_str!("../../../schemas/composition/links/own_definition_without_a_required_argument.errors.txt")
        }
        Code::TypeDefinitionInvalid => {
            include_str!("../../../schemas/composition/links/own_type_in_the_place_of_an_enum.errors.txt")
        }
        Code::InvalidGraphql => {
            include_str!("../../../schemas/composition/validation/two_definitions_of_a_type.errors.txt")
        }
        Code::InvalidSubgraphName => {
            include_str!("../../../schemas/composition/objects/reserved_subgraph_name.errors.txt")
        }
        Code::NoQueries => include_str!("../../../schemas/composition/objects/no_queries.errors.txt"),
        Code::RootQueryUsed => {
            include_str!("../../../schemas/composition/objects/query_name_used_for_another_type.errors.txt")
        }
        Code::RootMutationUsed => {
            include_str!("../../../schemas/composition/objects/mutation_name_used_for_another_type.errors.txt")
        }
        Code::RootSubscriptionUsed => {
            include_str!("../../../schemas/composition/objects/subscription_name_used_for_another_type.errors.txt")
        }
        Code::InvalidLinkDirectiveUsage => {
            include_str!("../../../schemas/composition/links/import_that_is_no_list.errors.txt")
        }
        Code::InvalidLinkIdentifier => include_str!("../../../schemas/composition/links/url_without_a_host.errors.txt"),
        Code::UnknownLinkVersion => {
            include_str!("../../../schemas/composition/links/unknown_version_of_link.errors.txt")
        }
        Code::UnsupportedLinkedFeature => {
            include_str!("../../../schemas/composition/links/companion_of_an_unknown_version.errors.txt")
        }
        Code::UnknownFederationLinkVersion => {
            include_str!("../../../schemas/composition/links/unknown_major_version.errors.txt")
        }
        Code::DirectiveCompositionError => {
            include_str!("../../../schemas/composition/compose_directive/of_federation.errors.txt")
        }
        Code::KeyFieldsHasArgs => include_str!("../../../schemas/composition/keys/field_with_arguments.errors.txt"),
        Code::KeyFieldsSelectInvalidType => {
            include_str!("../../../schemas/composition/keys/selects_list_union_and_interface.errors.txt")
        }
        Code::KeyInvalidFields => include_str!("../../../schemas/composition/keys/leaf_with_selection.errors.txt"),
        Code::KeyInvalidFieldsType => include_str!("../../../schemas/composition/keys/not_a_string.errors.txt"),
        Code::KeyDirectiveInFieldsArg => {
            include_str!("../../../schemas/composition/keys/directive_is_refused.errors.txt")
        }
        Code::KeyUnsupportedOnInterface => {
            include_str!("../../../schemas/composition/keys/on_interface_before_v2_3.errors.txt")
        }
        Code::InterfaceKeyNotOnImplementation => {
            include_str!("../../../schemas/composition/keys/interface_key_missing_on_implementation.errors.txt")
        }
        Code::InterfaceKeyMissingImplementationType => {
            include_str!("../../../schemas/composition/interface_objects/key_holder_lacks_an_implementation.errors.txt")
        }
        Code::RequiresFieldsMissingExternal => {
            include_str!("../../../schemas/composition/requires/field_is_not_external.errors.txt")
        }
        Code::RequiresInvalidFields => {
            include_str!("../../../schemas/composition/requires/unknown_argument.errors.txt")
        }
        Code::RequiresInvalidFieldsType => {
            include_str!("../../../schemas/composition/requires/fields_are_no_string.errors.txt")
        }
        Code::RequiresDirectiveInFieldsArg => {
            include_str!("../../../schemas/composition/requires/directive_is_refused.errors.txt")
        }
        Code::RequiresUnsupportedOnInterface => {
            include_str!("../../../schemas/composition/requires/on_interface_field.errors.txt")
        }
        Code::ProvidesFieldsHasArgs => {
            include_str!("../../../schemas/composition/provides/field_with_arguments.errors.txt")
        }
        Code::ProvidesFieldsMissingExternal => {
            include_str!("../../../schemas/composition/provides/field_is_not_external.errors.txt")
        }
        Code::ProvidesInvalidFields => include_str!("../../../schemas/composition/provides/unknown_field.errors.txt"),
        Code::ProvidesInvalidFieldsType => {
            include_str!("../../../schemas/composition/provides/fields_are_no_string.errors.txt")
        }
        Code::ProvidesDirectiveInFieldsArg => {
            include_str!("../../../schemas/composition/provides/directive_is_refused.errors.txt")
        }
        Code::ProvidesOnNonObjectField => include_str!("../../../schemas/composition/provides/on_leaf.errors.txt"),
        Code::ProvidesUnsupportedOnInterface => {
            include_str!("../../../schemas/composition/provides/on_interface_field.errors.txt")
        }
        Code::ExternalUnused => include_str!("../../../schemas/composition/external/unused.errors.txt"),
        Code::ExternalMissingOnBase => {
            include_str!("../../../schemas/composition/requires/nothing_resolves_what_is_required.errors.txt")
        }
        Code::ExternalOnInterface => include_str!("../../../schemas/composition/external/on_interface.errors.txt"),
        Code::ExternalTypeMismatch => include_str!("../../../schemas/composition/external/type_mismatch.errors.txt"),
        Code::ExternalArgumentMissing => {
            include_str!("../../../schemas/composition/external/argument_missing.errors.txt")
        }
        Code::ExternalArgumentTypeMismatch => {
            include_str!("../../../schemas/composition/external/argument_type_mismatch.errors.txt")
        }
        Code::ExternalArgumentDefaultMismatch => {
            include_str!("../../../schemas/composition/external/argument_default_mismatch.errors.txt")
        }
        Code::ExternalCollisionWithAnotherDirective => {
            include_str!("../../../schemas/composition/external/with_provides.errors.txt")
        }
        Code::MergedDirectiveApplicationOnExternal => {
            include_str!("../../../schemas/composition/external/deprecated_external.errors.txt")
        }
        Code::TypeWithOnlyUnusedExternal => {
            include_str!("../../../schemas/composition/federation1/type_with_unused_externals_only.errors.txt")
        }
        Code::InvalidFieldSharing => {
            include_str!("../../../schemas/composition/validation/shareable_subscription.errors.txt")
        }
        Code::InvalidShareableUsage => {
            include_str!("../../../schemas/composition/validation/shareable_on_interface.errors.txt")
        }
        Code::ShareableHasMismatchedRuntimeTypes => {
            include_str!("../../../schemas/composition/unions/shared_field_below_an_entity.errors.txt")
        }
        Code::OverrideCollisionWithAnotherDirective => {
            include_str!("../../../schemas/composition/override/on_interface_object.errors.txt")
        }
        Code::OverrideFromSelfError => include_str!("../../../schemas/composition/override/from_self.errors.txt"),
        Code::OverrideLabelInvalid => {
            include_str!("../../../schemas/composition/override/label_over_a_hundred_percent.errors.txt")
        }
        Code::OverrideOnInterface => include_str!("../../../schemas/composition/override/on_interface.errors.txt"),
        Code::OverrideSourceHasOverride => {
            include_str!("../../../schemas/composition/override/from_two_subgraphs_in_a_row.errors.txt")
        }
        Code::InterfaceObjectUsageError => {
            include_str!("../../../schemas/composition/interface_objects/without_key.errors.txt")
        }
        Code::ContextNameInvalid => {
            include_str!("../../../schemas/composition/context/name_that_begins_with_a_digit.errors.txt")
        }
        Code::ContextNotSet => include_str!("../../../schemas/composition/context/argument_of_a_directive.errors.txt"),
        Code::ContextInvalidSelection => {
            include_str!("../../../schemas/composition/context/selection_that_does_not_parse.errors.txt")
        }
        Code::ContextNoResolvableKey => {
            include_str!("../../../schemas/composition/context/type_without_a_key.errors.txt")
        }
        Code::NoContextInSelection => {
            include_str!("../../../schemas/composition/context/context_without_a_selection.errors.txt")
        }
        Code::ContextualArgumentNotContextualInAllSubgraphs => {
            include_str!("../../../schemas/composition/context/required_argument_elsewhere.errors.txt")
        }
        Code::AuthRequirementsAppliedOnInterface => {
            include_str!("../../../schemas/composition/access/rule_on_an_interface.errors.txt")
        }
        Code::MissingTransitiveAuthRequirements => {
            include_str!("../../../schemas/composition/access/chain_of_requirements.errors.txt")
        }
        Code::UnsupportedFeature => {
            include_str!("../../../schemas/composition/access/too_many_alternatives.errors.txt")
        }
        Code::CostAppliedToInterfaceField => {
            include_str!("../../../schemas/composition/directives/cost_on_an_interface_field.errors.txt")
        }
        Code::ListSizeAppliedToNonList => {
            include_str!("../../../schemas/composition/directives/list_size_is_checked.errors.txt")
        }
        Code::ListSizeInvalidAssumedSize => {
            include_str!("../../../schemas/composition/directives/list_size_is_checked.errors.txt")
        }
        Code::ListSizeInvalidSizedField => {
            include_str!("../../../schemas/composition/directives/list_size_is_checked.errors.txt")
        }
        Code::ListSizeInvalidSlicingArgument => {
            include_str!("../../../schemas/composition/directives/list_size_is_checked.errors.txt")
        }
        Code::TypeKindMismatch => {
            include_str!("../../../schemas/composition/objects/types_of_different_kinds.errors.txt")
        }
        Code::ExtensionWithNoBase => {
            include_str!("../../../schemas/composition/federation1/extension_that_nobody_defines.errors.txt")
        }
        Code::FieldTypeMismatch => {
            include_str!("../../../schemas/composition/inputs/field_types_do_not_fit.errors.txt")
        }
        Code::FieldArgumentTypeMismatch => {
            include_str!("../../../schemas/composition/arguments/nothing_fits_both.errors.txt")
        }
        Code::FieldArgumentDefaultMismatch => {
            include_str!("../../../schemas/composition/arguments/defaults_differ.errors.txt")
        }
        Code::RequiredArgumentMissingInSomeSubgraph => {
            include_str!("../../../schemas/composition/override/overridden_argument_counts.errors.txt")
        }
        Code::InputFieldDefaultMismatch => {
            include_str!("../../../schemas/composition/inputs/defaults_differ.errors.txt")
        }
        Code::RequiredInputFieldMissingInSomeSubgraph => {
            include_str!("../../../schemas/composition/inputs/required_field_missing_elsewhere.errors.txt")
        }
        Code::EmptyMergedInputType => include_str!("../../../schemas/composition/inputs/nothing_in_common.errors.txt"),
        Code::EnumValueMismatch => {
            include_str!("../../../schemas/composition/enums/enum_both_ways_must_agree.errors.txt")
        }
        Code::EmptyMergedEnumType => {
            include_str!("../../../schemas/composition/enums/input_enum_without_common_values.errors.txt")
        }
        Code::InterfaceFieldNoImplem => {
            include_str!("../../../schemas/composition/interfaces/field_that_an_implementation_lacks.errors.txt")
        }
        Code::InterfaceFieldImplemTypeMismatch => {
            include_str!("../../../schemas/composition/interfaces/merged_implementation_is_too_wide.errors.txt")
        }
        Code::QueryRootTypeInaccessible => {
            include_str!("../../../schemas/composition/inaccessible/query_root.errors.txt")
        }
        Code::ReferencedInaccessible => {
            include_str!("../../../schemas/composition/inaccessible/input_field_of_a_hidden_type.errors.txt")
        }
        Code::DefaultValueUsesInaccessible => {
            include_str!("../../../schemas/composition/inaccessible/default_value.errors.txt")
        }
        Code::RequiredInaccessible => {
            include_str!("../../../schemas/composition/inaccessible/required_input.errors.txt")
        }
        Code::ImplementedByInaccessible => {
            include_str!("../../../schemas/composition/inaccessible/argument_that_an_interface_shows.errors.txt")
        }
        Code::OnlyInaccessibleChildren => {
            include_str!("../../../schemas/composition/inaccessible/union_of_hidden_members.errors.txt")
        }
        Code::SatisfiabilityError => {
            include_str!("../../../schemas/composition/context/path_that_does_not_set_it.errors.txt")
        }
        Code::MaxValidationSubgraphPathsExceeded => {
            include_str!("../../../schemas/composition/satisfiability/more_ways_than_can_be_checked.hints.txt")
        }
        Code::ImplicitlyUpgradedFederationVersion => {
            include_str!("../../../schemas/composition/links/specification_newer_than_federation.hints.txt")
        }
        Code::LinkImportNameMismatch => {
            include_str!("../../../schemas/composition/links/directive_renamed_in_one_subgraph.hints.txt")
        }
        Code::DirectiveCompositionInfo => {
            include_str!("../../../schemas/composition/compose_directive/of_federation_by_default.hints.txt")
        }
        Code::DirectiveCompositionWarn => {
            include_str!("../../../schemas/composition/compose_directive/other_name_is_not_composed.hints.txt")
        }
        Code::FromSubgraphDoesNotExist => {
            include_str!("../../../schemas/composition/override/from_unknown_subgraph.hints.txt")
        }
        Code::OverrideDirectiveCanBeRemoved => {
            include_str!("../../../schemas/composition/override/overridden_field_is_external_now.hints.txt")
        }
        Code::OverriddenFieldCanBeRemoved => {
            include_str!("../../../schemas/composition/requires/overridden_field_is_required.hints.txt")
        }
        Code::OverrideMigrationInProgress => {
            include_str!("../../../schemas/composition/override/label_with_percentage.hints.txt")
        }
        Code::UnusedEnumType => include_str!("../../../schemas/composition/enums/unused_enum_is_hinted.hints.txt"),
        Code::InconsistentArgumentPresence => {
            include_str!("../../../schemas/composition/arguments/default_makes_it_optional.hints.txt")
        }
        Code::InconsistentButCompatibleArgumentType => {
            include_str!("../../../schemas/composition/arguments/narrower_list_items_win.hints.txt")
        }
        Code::InconsistentButCompatibleFieldType => {
            include_str!("../../../schemas/composition/inputs/non_null_wins.hints.txt")
        }
        Code::InconsistentDefaultValuePresence => {
            include_str!("../../../schemas/composition/inputs/default_of_some_is_dropped.hints.txt")
        }
        Code::InconsistentDescription => {
            include_str!("../../../schemas/composition/arguments/descriptions_differ.hints.txt")
        }
        Code::InconsistentEntity => {
            include_str!("../../../schemas/composition/objects/entity_in_some_subgraphs_only.hints.txt")
        }
        Code::InconsistentEnumValueForInputEnum => {
            include_str!("../../../schemas/composition/enums/enum_used_through_an_input_object.hints.txt")
        }
        Code::CacheInvalidateIgnored => {
            include_str!("../../../schemas/composition/directives/cache_invalidations_that_do_nothing.hints.txt")
        }
        Code::InconsistentEnumValueForOutputEnum => {
            include_str!("../../../schemas/composition/enums/output_enum_has_all_values.hints.txt")
        }
        Code::InconsistentExecutableDirectiveLocations => {
            include_str!("../../../schemas/composition/directives/executable_directive_with_other_locations.hints.txt")
        }
        Code::InconsistentExecutableDirectivePresence => {
            include_str!("../../../schemas/composition/directives/executable_directive_of_some.hints.txt")
        }
        Code::InconsistentExecutableDirectiveRepeatable => {
            include_str!("../../../schemas/composition/directives/executable_directive_repeatable_in_some.hints.txt")
        }
        Code::NoExecutableDirectiveIntersection => include_str!(
            "../../../schemas/composition/directives/executable_directive_without_common_location.hints.txt"
        ),
        Code::InconsistentInputObjectField => {
            include_str!("../../../schemas/composition/inputs/fields_of_all_are_kept.hints.txt")
        }
        Code::InconsistentInterfaceValueTypeField => {
            include_str!("../../../schemas/composition/interfaces/fields_of_all_subgraphs.hints.txt")
        }
        Code::InconsistentObjectValueTypeField => {
            include_str!("../../../schemas/composition/objects/partial_value_type_field_is_hinted.hints.txt")
        }
        Code::InconsistentNonRepeatableDirectiveArguments => {
            include_str!("../../../schemas/composition/directives/deprecated_most_frequent.hints.txt")
        }
        Code::MergedNonRepeatableDirectiveArguments => {
            include_str!("../../../schemas/composition/access/no_scopes_ask_nothing.hints.txt")
        }
        Code::InconsistentRuntimeTypesForShareableReturn => {
            include_str!("../../../schemas/composition/interfaces/shared_field_with_other_implementations.hints.txt")
        }
        Code::InconsistentUnionMember => {
            include_str!("../../../schemas/composition/unions/shared_field_on_paths_that_never_meet.hints.txt")
        }
    }
}
