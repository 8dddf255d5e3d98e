//! Types that nothing leads to because what would is faulty: what can be said of them without their messages.

use std::collections::HashSet;

use apollo_compiler::ast::OperationType;
use apollo_compiler::schema::ObjectType;

use super::binder::{At, Binder, Shape};
use super::call::Parent;
use super::directives::Reader;
use super::policy::Ground;
use crate::input::Schema;

/// No binding has this place.
const NOWHERE: (u32, usize) = (u32::MAX, usize::MAX);

impl Binder<'_> {
    /// Looks for faults in types without a binding, which are no findings of their own.
    pub(super) fn unbound_types(&mut self) {
        let bound: HashSet<String> = self.binding_ids.keys().map(|(ty, _)| ty.clone()).collect();
        let schema = self.schema();
        let types = &schema.definitions.types;
        let objects = types.values().filter_map(|ty| ty.as_object());
        for object in objects.filter(|object| !bound.contains(object.name.as_str())) {
            if !Schema::is_foreign(&object.name) {
                self.unbound_object(object);
            }
        }
    }

    fn unbound_object(&mut self, object: &ObjectType) {
        let schema = self.schema();
        let is_root = |operation: &OperationType| {
            schema.definitions.root_operation(*operation).is_some_and(|name| *name == object.name)
        };
        let operations =
            [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
        let operation = operations.into_iter().find(is_root);
        let load = Reader::find(schema, &object.directives, "load");
        if let Some(load) = load.and_then(|load| load.rpc()) {
            self.find_method(&load.method);
        }
        for field in object.fields.values() {
            let type_name = object.name.to_string();
            self.unbound_field(&At { type_name, field: field.clone(), operation });
        }
    }

    fn unbound_field(&mut self, at: &At) {
        self.conflicts(at);
        self.mock(at, NOWHERE);
        if let Some(rpc) = self.directive(at, "rpc").and_then(|rpc| rpc.rpc()) {
            let batch = self.directive(at, "batch").map(|batch| batch.batch());
            self.find_method(&rpc.method);
            self.sources_without_method(at, &Parent::Unknown, rpc.with.as_ref(), batch.as_ref());
        }
        self.policy_of_refused(at, &Shape::Unknown, NOWHERE);
        let Some(ty) = self.type_of(at.field.ty.inner_named_type()) else { return };
        let load = Reader::find(self.schema(), ty.directives(), "load").and_then(|load| load.rpc());
        if let Some(load) = load {
            self.find_method(&load.method);
            self.load_policy(at, ty, Ground::Unknown);
        }
    }
}
