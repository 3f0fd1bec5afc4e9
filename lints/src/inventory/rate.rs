//! How often code runs, as far as its place says it: in a loop, from one, or for each request.

use safe_map_analysis::flow::EventKind;
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, FunctionView};

use super::{Site, Use, UseKind};
use crate::bodies::is_loop;
use crate::fix::body_of;

/// Whether single entries of a map are changed by every turn of a loop, or by async code, which serves one request at a time.
/// To put another map in place of all is not meant: who does that often does it on purpose.
pub(super) fn changes_per_event(analysis: &Analysis, use_: &Use) -> bool {
    let is_change = |it: &&Site| match it.kind {
        UseKind::Write | UseKind::Insert | UseKind::Delete => it.is_keyed,
        UseKind::Read | UseKind::Iterate => false,
    };
    use_.sites.iter().filter(is_change).any(|it| is_per_event(analysis, it))
}

fn is_per_event(analysis: &Analysis, site: &Site) -> bool {
    let Some(function) = function_at(analysis, site) else { return false };
    analysis.model.fn_facts(function.id).is_async
        || is_in_loop(&function, site.place.span)
        || is_called_in_loop(analysis, function.id)
}

/// The innermost function around a site.
fn function_at<'a>(analysis: &'a Analysis, site: &Site) -> Option<FunctionView<'a>> {
    let span = |it: &FunctionView<'_>| analysis.model.item(analysis.model.func(it.id).at).span;
    let file = analysis.file(site.place.file);
    let around = file.functions().filter(|it| span(it).contains(site.place.span));
    around.min_by_key(|it| span(it).end - span(it).start)
}

fn is_in_loop(function: &FunctionView<'_>, at: Span) -> bool {
    let Some(body) = body_of(function) else { return false };
    body.exprs.iter().any(|it| is_loop(it) && it.span.contains(at))
}

fn is_called_in_loop(analysis: &Analysis, id: FnId) -> bool {
    analysis.callers(id).iter().any(|caller| {
        let file = analysis.model.func(caller.id).at.file;
        let function = analysis.file(file).functions().find(|it| it.id == caller.id);
        function.is_some_and(|function| {
            let calls = function.flow.events.iter().filter(|it| match &it.kind {
                EventKind::Call(call) => call.callee == id,
                _ => false,
            });
            calls.into_iter().any(|it| is_in_loop(&function, it.span))
        })
    })
}
