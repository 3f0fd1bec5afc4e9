//! Where a callback runs, and which of the guards that are alive there it can ask for.
//!
//! In: a callback that happens in a function. Out: the guard under which it must not run. That it runs under a guard is not
//! enough: there must be a way by which it can come back to the lock.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatKind};
use safe_map_analysis::flow::{Callback, Caller, Decl, EventKind, Guard, Had, Held, Place, Root, Step};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, TypeRole};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::Happening;
use safe_map_analysis::ty::Ty;

use crate::bodies::{binds, is_named};
use crate::declared::owner;
use crate::givers::is_public;
use crate::handed::{is_handed, is_left_over};
use crate::private::{is_own, stays_here};
use crate::scrutinee::Scrutinees;
use crate::taken::is_called_on_taken;

/// What a callback has to do with a guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Relation {
    /// It is among what the guard protects.
    Inside,
    /// It is stored elsewhere.
    Beside,
    /// It runs in a branch whose scrutinee keeps the guard alive without need.
    Kept,
}

/// A guard under which a callback must not run.
pub(crate) struct Under {
    pub(crate) guard: Guard,
    /// What the callback has to do with it.
    pub(crate) relation: Relation,
    /// How the code that calls the callback has it.
    pub(crate) had: Had,
    /// The callback is given something that leads to the lock, or one is known that takes it.
    pub(crate) leads_back: bool,
}

/// A callback where it runs.
pub(crate) struct Site<'a, 'f> {
    pub(crate) function: &'a FunctionView<'f>,
    pub(crate) body: &'a Body,
    /// Looked for once a function, when first asked for.
    pub(crate) scrutinees: &'a OnceCell<Option<Scrutinees<'f>>>,
    pub(crate) callback: &'a Callback,
    pub(crate) happening: &'a Happening<'a>,
}

impl Site<'_, '_> {
    /// The guard under which it must not run, and what it has to do with it.
    pub(crate) fn guard(&self) -> Option<Under> {
        let held = self.happening.held.iter().map(|it| (it, self.function.flow.guard_at(it)));
        let is_known = |it: &Guard| stays_here(self.function, self.body, &it.acquire);
        let guards =
            held.filter(|(_, it)| can_wait(it) && !is_own(self.function, &it.acquire) && !is_known(it));
        let related = guards.map(|(held, guard)| {
            let relation = match self.is_scrutinised(held) {
                true => Relation::Kept,
                false if self.is_inside(&guard) => Relation::Inside,
                false => Relation::Beside,
            };
            (guard, relation)
        });
        let related: Vec<_> = related.collect();
        let leading = related.iter().find(|(guard, relation)| self.endangers(guard, *relation));
        let chosen =
            leading.or_else(|| related.iter().find(|(guard, relation)| self.is_open_to(guard, *relation)));
        chosen.map(|(guard, relation)| Under {
            guard: guard.clone(),
            relation: *relation,
            had: if self.is_taken(guard) { Had::Taken } else { self.callback.had },
            leads_back: leading.is_some(),
        })
    }

    /// Whether anybody can have chosen the callback that is told something under a lock, whatever it has captured.
    fn is_open_to(&self, guard: &Guard, relation: Relation) -> bool {
        let model = self.function.model();
        let is_cell = guard.acquire.class == GuardClass::RefCell;
        // A cell is borrowed by few: what is called while it is must be one of those that everybody adds to.
        let is_listed = || !is_cell || self.is_item_of(guard) || self.is_taken(guard);
        let is_anybodys = || match self.callback.caller {
            Caller::Stored => {
                owner(model, self.function.id, &guard.acquire).is_some()
                    && is_listed()
                    && self.has_strange_givers(guard)
            }
            Caller::Param(_) => {
                is_public(model, self.function.id) && (self.is_captured() || self.is_left_over(guard))
            }
            Caller::Foreign => true,
            Caller::Dyn => false,
        };
        self.is_strange_to(guard, relation) && is_anybodys()
    }

    /// Whether a closure has a parameter of the function with it that runs when the function has returned: whoever set a
    /// listener has chosen it.
    fn is_captured(&self) -> bool {
        matches!(self.callback.caller, Caller::Param(_))
            && !self.happening.event.is_own
            && self.happening.chain.is_empty()
    }

    /// Whether the guard is alive for no other reason than that an argument was copied out of it.
    fn is_left_over(&self, guard: &Guard) -> bool {
        self.happening.chain.is_empty() && is_left_over(self.body, guard, self.happening.event.span)
    }

    /// Whether a parameter is called for something else than what the guard protects.
    fn is_apart_from(&self, guard: &Guard) -> bool {
        let is_handed = || is_handed(self.body, guard, &self.lent(guard), self.happening.event.span);
        self.is_left_over(guard) || self.happening.chain.is_empty() && !is_handed()
    }

    /// Whether the guard is there for one value that stands for code, and for nothing else: `Mutex<Option<Waker>>`.
    fn is_around_one(&self, guard: &Guard) -> bool {
        let role = |it: &Ty| self.function.model().role(it);
        match &guard.acquire.lock.content {
            Ty::Known(_, args) if role(&guard.acquire.lock.content) == Some(TypeRole::Enum) => {
                args.iter().all(|it| role(it) == Some(TypeRole::Plain))
            }
            content => role(content) == Some(TypeRole::Plain),
        }
    }

    /// Whether a method runs the callback of what a branch has removed from what the guard protects.
    fn is_taken(&self, guard: &Guard) -> bool {
        is_called_on_taken(self.body, guard, self.happening.event.span)
    }

    /// Whether only a scrutinee keeps a guard alive.
    fn is_scrutinised(&self, held: &Held) -> bool {
        let scrutinees = self.scrutinees.get_or_init(|| Scrutinees::of(self.function));
        scrutinees.as_ref().is_some_and(|it| it.keeper(held, self.happening.event.span).is_some())
    }

    fn endangers(&self, guard: &Guard, relation: Relation) -> bool {
        let is_given = self.is_given_the_owner(guard) && self.is_strangers(guard);
        relation == Relation::Inside && is_given
            || self.is_strange_to(guard, relation) && (is_given || self.can_come_back(guard, relation))
    }

    /// Whether the callback is told something that is not part of the work under the guard.
    fn is_strange_to(&self, guard: &Guard, relation: Relation) -> bool {
        let acquire = &guard.acquire;
        let is_exclusive = acquire.mode != LockMode::Shared;
        let is_cell = acquire.class == GuardClass::RefCell;
        let is_inside = relation == Relation::Inside;
        if relation == Relation::Kept {
            // `guard_in_scrutinee` tells it of locks.
            return is_cell && self.callback.is_notice && self.callback.caller == Caller::Stored;
        }
        if !self.callback.is_notice {
            // What is asked may ask in turn, and a map is there for more than the one.
            return is_cell && is_exclusive && is_inside && self.is_one_of(guard);
        }
        match self.callback.caller {
            Caller::Param(_) => !is_cell && is_exclusive && self.is_apart_from(guard),
            Caller::Foreign => !is_cell && is_exclusive && !self.is_around_one(guard),
            Caller::Dyn => {
                let is_led = || is_exclusive && !is_inside && self.leads_back(guard);
                !is_cell && (self.is_item_of(guard) || self.is_taken(guard) || is_led())
            }
            Caller::Stored if self.is_item_of(guard) || self.is_taken(guard) => true,
            Caller::Stored if !is_exclusive => false,
            // Around nothing but one closure, the guard is there to call it.
            Caller::Stored if is_inside => {
                let depth = acquire.lock.place.path.len();
                let is_all = self.callback.place.as_ref().is_some_and(|it| it.path.len() == depth + 1);
                !is_all && (is_cell || !self.is_reached_mutably())
            }
            // What a callee has stored elsewhere is told to others than the lock's.
            Caller::Stored => {
                let is_near = self.happening.chain.is_empty() || self.is_called_on_inside(guard);
                !is_cell && !self.callback.name.is_empty() && is_near
            }
        }
    }

    /// Whether a closure is an entry of what the guard protects, or one of its items.
    fn is_one_of(&self, guard: &Guard) -> bool {
        let depth = guard.acquire.lock.place.path.len();
        let path = self.callback.place.iter().flat_map(|it| it.path.get(depth..));
        let is_entry = path.flatten().any(|it| matches!(it, Step::Entry(_)));
        self.callback.caller == Caller::Stored && (is_entry || self.is_item_of(guard))
    }

    /// Whether the callback is given what the lock belongs to, and so can take it again: `loader.load(self)`.
    fn is_given_the_owner(&self, guard: &Guard) -> bool {
        let owner = match &guard.acquire.lock.place.root {
            Root::SelfValue => "self",
            Root::Param(_, name) | Root::Local(_, name) => name.as_str(),
            Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) | Root::Unnamed(_) => return false,
        };
        let is_strange = self.callback.caller != Caller::Dyn || self.is_item_of(guard);
        let here = |it: &&Expr| it.span == self.happening.event.span && self.happening.chain.is_empty();
        is_strange
            && self.body.exprs.iter().filter(here).any(|it| match &it.kind {
                ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => {
                    args.iter().any(|it| self.is_handle_of(*it, owner))
                }
                _ => false,
            })
    }

    /// Whether there is a way from the callback to the lock.
    fn can_come_back(&self, guard: &Guard, relation: Relation) -> bool {
        if guard.acquire.class == GuardClass::RefCell {
            // A cell is borrowed by few, whatever leads to its owner.
            return is_open(guard) || relation == Relation::Kept && self.is_cloned_out(guard);
        }
        self.leads_back(guard) && self.is_strangers(guard)
            || match self.callback.caller {
                Caller::Dyn => self.has_impl_that_takes(guard),
                Caller::Stored => self.has_closure_that_takes(guard),
                Caller::Param(_) | Caller::Foreign => false,
            }
    }

    /// Whether a callback is cloned out of the cell while a scrutinee borrows it: who does that means to call it when the
    /// borrow has ended.
    fn is_cloned_out(&self, guard: &Guard) -> bool {
        let content = &guard.acquire.lock.content;
        let clones = |it: &Expr| match &it.kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                let is_of_guard = self.body.expr(*receiver).span.contains(guard.acquire.span);
                is_of_guard && matches!(method.as_str(), "clone" | "cloned")
            }
            _ => false,
        };
        self.function.model().any_part(content, &mut |it| matches!(it, Ty::Callable(..)))
            && self.body.exprs.iter().any(clones)
    }

    /// Whether an expression is a local, a reference to it, or a clone of it.
    fn is_handle_of(&self, expr: ExprId, name: &str) -> bool {
        match &self.body.expr(expr).kind {
            ExprKind::Path(path) => path.as_ident().is_some_and(|it| it == name),
            ExprKind::Ref { operand, .. } => self.is_handle_of(*operand, name),
            ExprKind::MethodCall { receiver, method, .. } => {
                method == "clone" && self.is_handle_of(*receiver, name)
            }
            _ => false,
        }
    }

    /// Whether the callback is stored in what the guard protects.
    fn is_inside(&self, guard: &Guard) -> bool {
        let lock = &guard.acquire.lock.place;
        self.callback.place.as_ref().is_some_and(|it| it.is_below(lock))
            || self.is_item_of(guard)
            || self.is_taken(guard)
    }

    /// Whether the callee is a method of what the guard protects.
    fn is_called_on_inside(&self, guard: &Guard) -> bool {
        let lock = &guard.acquire.lock.place;
        match &self.happening.event.kind {
            EventKind::Call(call) => call.receiver.as_ref().is_some_and(|it| it.is_below(lock)),
            _ => false,
        }
    }

    /// Whether the callback is an item of a loop over what the guard protects.
    fn is_item_of(&self, guard: &Guard) -> bool {
        let from_loop = match &self.callback.place {
            Some(Place { root: Root::Local(..), .. }) | None => true,
            Some(_) => false,
        };
        let Some(name) = self.callee().and_then(|it| root_name(self.body, it)).filter(|_| from_loop) else {
            return false;
        };
        let lent = self.lent(guard);
        self.body.exprs.iter().filter_map(|it| self.source(it, name)).any(|source| {
            let span = self.body.expr(source).span;
            let mut known = lent.iter().copied().chain(guard.binding.as_ref().map(|(it, _)| it.as_str()));
            span.contains(guard.acquire.span) || known.any(|it| is_named(self.body, span, it))
        })
    }

    /// The names by which closures know what the guard protects: `this` of `self.read(|this| ..)`.
    fn lent(&self, guard: &Guard) -> Vec<&str> {
        let takes = |it: &&Expr| it.span.contains(guard.acquire.span);
        let args = self.body.exprs.iter().filter(takes).filter_map(|it| match &it.kind {
            ExprKind::MethodCall { args, .. } => Some(args),
            _ => None,
        });
        let closures = args.flatten().filter_map(|it| match &self.body.expr(*it).kind {
            ExprKind::Closure(closure) => Some(closure),
            _ => None,
        });
        let params =
            closures.flat_map(|it| &it.params).filter_map(|(pat, _)| match &self.body.pat(*pat).kind {
                PatKind::Bind { name, .. } => Some(name.as_str()),
                _ => None,
            });
        params.collect()
    }

    /// What is called, as written here.
    fn callee(&self) -> Option<ExprId> {
        if !self.happening.chain.is_empty() {
            return None;
        }
        let here = |it: &&Expr| it.span == self.happening.event.span;
        self.body.exprs.iter().filter(here).find_map(|it| match &it.kind {
            ExprKind::Call { callee, .. } => Some(*callee),
            ExprKind::MethodCall { receiver, .. } => Some(*receiver),
            _ => None,
        })
    }

    /// What a loop around the callback goes over, if it binds `name`.
    fn source(&self, expr: &Expr, name: &str) -> Option<ExprId> {
        let span = self.happening.event.span;
        let binds = |within: Span| binds(self.body, within, name);
        match &expr.kind {
            ExprKind::For { pat, iter, body, .. } => {
                let is_around = self.body.expr(*body).span.contains(span);
                (is_around && binds(self.body.pat(*pat).span)).then_some(*iter)
            }
            ExprKind::MethodCall { receiver, args, .. } => {
                let is_around = |id: &ExprId| match &self.body.expr(*id).kind {
                    ExprKind::Closure(closure) => {
                        self.body.expr(closure.body).span.contains(span)
                            && closure.params.iter().any(|(pat, _)| binds(self.body.pat(*pat).span))
                    }
                    _ => false,
                };
                args.iter().any(is_around).then_some(*receiver)
            }
            _ => None,
        }
    }

    /// Whether the callback is called through a reference that allows it to change itself.
    fn is_reached_mutably(&self) -> bool {
        let Some(callee) = self.callee() else { return false };
        let name = root_name(self.body, callee);
        let sources = self.body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::Let { pat, init } => Some((*pat, *init)),
            _ => None,
        });
        let bound = sources.filter(|(pat, _)| {
            let within = self.body.pat(*pat).span;
            name.is_some_and(|name| binds(self.body, within, name))
        });
        let spans = bound.map(|(_, init)| init).chain([callee]).map(|it| self.body.expr(it).span);
        spans.into_iter().any(|span| {
            self.body.exprs.iter().filter(|it| span.contains(it.span)).any(|it| match &it.kind {
                ExprKind::MethodCall { method, .. } => method.ends_with("_mut"),
                ExprKind::Ref { mutable, .. } => *mutable,
                _ => false,
            })
        })
    }
}

/// Whether somebody can wait for the guard, or panic for it.
pub(crate) fn can_wait(guard: &Guard) -> bool {
    let acquire = &guard.acquire;
    let is_lock = matches!(acquire.lock.role, TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell);
    let waits = matches!(acquire.class, GuardClass::Blocking | GuardClass::Spinning | GuardClass::RefCell);
    is_lock && waits && acquire.mode != LockMode::None && !acquire.lock.is_private
}

/// Whether any code of the thread can borrow a cell: it is in a thread-local, or a static.
fn is_open(guard: &Guard) -> bool {
    let lock = &guard.acquire.lock;
    let is_static = matches!(lock.place.root, Root::Static(_) | Root::ForeignStatic(_))
        || matches!(lock.decl, Some(Decl::Static(_)));
    guard.acquire.class == GuardClass::RefCell && is_static
}

/// Whether a value of this type is a callback: a closure, a boxed one, or of a type parameter that is bound to be one.
pub(crate) fn is_code(ty: &Ty, is_bound: &dyn Fn(&Name) -> bool) -> bool {
    match ty {
        Ty::Callable(..) => true,
        Ty::Param(name) => is_bound(name),
        Ty::Ref(_, inner) => is_code(inner, is_bound),
        Ty::Known(_, args) => args.iter().any(|it| is_code(it, is_bound)),
        _ => false,
    }
}

/// The name at the root of an expression: `item` of `(item.callback)`.
pub(crate) fn root_name(body: &Body, expr: ExprId) -> Option<&str> {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => path.as_ident().map(|it| it.as_str()),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root_name(body, *base),
        ExprKind::Unary { operand, .. } | ExprKind::Ref { operand, .. } => root_name(body, *operand),
        ExprKind::MethodCall { receiver, .. } => root_name(body, *receiver),
        _ => None,
    }
}
