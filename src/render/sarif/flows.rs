//! Code flows: an interleaving of two threads, or the calls from an acquire to the hazard.

use std::collections::BTreeMap;

use safe_map_lints::{Finding, Place, Role};

use super::log::{CodeFlow, FlowLocation, Location, Message, ThreadFlow};
use super::result;
use crate::render::View;

/// The flows of a finding.
pub(super) fn flows(view: &View<'_>, finding: &Finding) -> Vec<CodeFlow> {
    interleaving(view, finding).into_iter().chain(calls(view, finding)).collect()
}

fn interleaving(view: &View<'_>, finding: &Finding) -> Option<CodeFlow> {
    let mut threads: BTreeMap<char, Vec<FlowLocation>> = BTreeMap::new();
    for (order, step) in (1..).zip(&finding.interleaving) {
        threads.entry(step.thread).or_default().push(flow_location(view, step.place, &step.message, order));
    }
    let flow = |(thread, locations)| ThreadFlow { id: format!("thread {thread}"), locations };
    let thread_flows: Vec<ThreadFlow> = threads.into_iter().map(flow).collect();
    let message = Message::text("one way in which it happens");
    (!thread_flows.is_empty()).then_some(CodeFlow { message, thread_flows })
}

/// The story that the labels tell up to the hazard in a callee; those behind it are other sites of the same.
fn calls(view: &View<'_>, finding: &Finding) -> Option<CodeFlow> {
    let hazard =
        finding.labels.iter().position(|it| it.role == Role::Hazard && it.place != finding.primary)?;
    let story = &finding.labels[..=hazard];
    let of = |roles: &'static [Role]| {
        let labels = story.iter().filter(|it| roles.contains(&it.role));
        labels.map(|it| (it.place, it.message.as_str()))
    };
    let here = (finding.primary, finding.message.as_str());
    let places = of(&[Role::Acquire]).chain([here]).chain(of(&[Role::Via, Role::Hazard]));
    let locations: Vec<FlowLocation> = (1..)
        .zip(places)
        .map(|(order, (place, message))| flow_location(view, place, message, order))
        .collect();
    let thread_flows = vec![ThreadFlow { id: "calls".to_owned(), locations }];
    Some(CodeFlow { message: Message::text("the calls that lead to it"), thread_flows })
}

fn flow_location(view: &View<'_>, place: Place, message: &str, order: usize) -> FlowLocation {
    let message = Some(Message::text(message));
    let location = Location { message, ..result::location(view, place) };
    FlowLocation { location, execution_order: order, importance: "essential" }
}
