//! The lock graph as an SVG picture and as a list.

use std::fmt::Write as _;

use safe_map_lints::inventory::{LockGraph, LockNode, LockOrder};

use super::escape::escape;
use super::layout::{HEIGHT, Layout, layout};
use super::place;
use crate::render::maps::plural;
use crate::report::Report;

/// How wide a character of a node is.
const CHARACTER: f64 = 7.3;
/// The room left and right of a node's text.
const INSET: f64 = 12.0;
/// The longest text of a node.
const MAX_TEXT: usize = 36;
/// How many locks are drawn, and how many of one part; the list has all.
const MAX_DRAWN: usize = 120;
const MAX_PART: usize = 50;
/// The room between two parts that nothing connects, and around all of them.
const MARGIN: f64 = 26.0;

/// The section of the lock graph.
pub(super) fn section(report: &Report, graph: &LockGraph) -> String {
    let mut out = String::from("<section id=\"locks\"><h2>Lock graph</h2>\n");
    if graph.orders.is_empty() {
        out.push_str("<p class=\"empty\">No lock is taken while another one is held.</p></section>\n");
        return out;
    }
    out.push_str(
        "<p class=\"lead\">An arrow leads from a lock that is held to one that is taken meanwhile. On a circle, marked in \
         colour, two threads can wait for each other.</p>\n",
    );
    let (drawn, left_out) = parts(graph);
    out.push_str(&picture(report, graph, &drawn));
    if left_out > 0 {
        let _ =
            writeln!(out, "<p class=\"lead\">{} more are in the list only.</p>", plural(left_out, "lock"));
    }
    list(&mut out, report, graph);
    out.push_str("</section>\n");
    out
}

/// The connected parts, those with circles first, then the larger ones; as many as are drawn.
fn parts(graph: &LockGraph) -> (Vec<Vec<usize>>, usize) {
    let mut part: Vec<usize> = (0..graph.locks.len()).collect();
    // The lowest number spreads along the orders until all of a part have it.
    while let Some(order) = graph.orders.iter().find(|it| part[it.first] != part[it.then]) {
        let (from, to) = (part[order.first].max(part[order.then]), part[order.first].min(part[order.then]));
        part.iter_mut().filter(|it| **it == from).for_each(|it| *it = to);
    }
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); graph.locks.len()];
    part.iter().enumerate().for_each(|(lock, part)| parts[*part].push(lock));
    parts.retain(|it| !it.is_empty());
    let circles = |it: &[usize]| it.iter().filter(|lock| graph.locks[**lock].in_cycle).count();
    parts.sort_by_key(|it| (std::cmp::Reverse((circles(it), it.len())), it[0]));
    let mut room = MAX_DRAWN;
    let mut drawn: Vec<Vec<usize>> = Vec::new();
    for part in parts {
        let part = foremost(graph, part, room.min(MAX_PART));
        room -= part.len();
        drawn.extend((!part.is_empty()).then_some(part));
    }
    let left_out = graph.locks.len() - drawn.iter().map(Vec::len).sum::<usize>();
    (drawn, left_out)
}

/// So many locks of a part, in the order that they had: those on circles, then those with the most orders. What nothing
/// leads to or from any more is left out as well.
fn foremost(graph: &LockGraph, mut part: Vec<usize>, most: usize) -> Vec<usize> {
    let orders = |lock: usize, within: &[usize]| {
        let of_lock = graph.orders.iter().filter(|it| it.first == lock || it.then == lock);
        of_lock.filter(|it| within.contains(&it.first) && within.contains(&it.then)).count()
    };
    let all = part.clone();
    part.sort_by_key(|it| std::cmp::Reverse((graph.locks[*it].in_cycle, orders(*it, &all))));
    part.truncate(most);
    let kept = part.clone();
    part.retain(|it| orders(*it, &kept) > 0);
    part.sort_unstable();
    part
}

fn picture(report: &Report, graph: &LockGraph, parts: &[Vec<usize>]) -> String {
    let (mut body, mut top, mut right) = (String::new(), MARGIN, 0.0f64);
    for part in parts {
        let orders: Vec<&LockOrder> =
            graph.orders.iter().filter(|it| part.contains(&it.first) && part.contains(&it.then)).collect();
        let at = |lock: usize| part.iter().position(|it| *it == lock).unwrap_or(0);
        let widths: Vec<f64> = part.iter().map(|it| width(&graph.locks[*it])).collect();
        let arrows: Vec<(usize, usize)> = orders.iter().map(|it| (at(it.first), at(it.then))).collect();
        let layout = layout(&widths, &arrows);
        let _ = writeln!(body, "<g transform=\"translate({MARGIN} {top:.1})\">");
        arrows_of(&mut body, report, graph, &orders, &layout);
        for ((lock, corner), width) in part.iter().zip(&layout.nodes).zip(&widths) {
            node(&mut body, report, &graph.locks[*lock], *corner, *width);
        }
        body.push_str("</g>\n");
        top += layout.height + MARGIN;
        right = right.max(layout.width);
    }
    let width = right + 2.0 * MARGIN;
    format!(
        "<div class=\"graph\"><svg role=\"img\" aria-label=\"lock graph\" width=\"{width:.0}\" height=\"{top:.0}\" \
         viewBox=\"0 0 {width:.0} {top:.0}\"><defs>{}{}</defs>\n{body}</svg></div>\n",
        arrowhead("head"),
        arrowhead("head-cycle")
    )
}

fn arrowhead(id: &str) -> String {
    format!(
        "<marker id=\"{id}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path class=\"{id}\" d=\"M0 1 L9 5 L0 9 z\"/></marker>"
    )
}

fn arrows_of(out: &mut String, report: &Report, graph: &LockGraph, orders: &[&LockOrder], layout: &Layout) {
    for (order, points) in orders.iter().zip(&layout.arrows) {
        let is_back = points.first().map(|it| it.0) > points.last().map(|it| it.0);
        let has_opposite = orders.iter().any(|it| (it.first, it.then) == (order.then, order.first));
        // Two arrows between the same locks run beside each other.
        let shift = match (has_opposite, is_back) {
            (false, _) => 0.0,
            (true, false) => -7.0,
            (true, true) => 7.0,
        };
        let (class, head) = if order.in_cycle { ("arrow cycle", "head-cycle") } else { ("arrow", "head") };
        let _ = writeln!(
            out,
            "<path class=\"{class}\" marker-end=\"url(#{head})\" d=\"{}\"><title>{}</title></path>",
            curve(points, shift),
            title(report, graph, order)
        );
    }
}

fn title(report: &Report, graph: &LockGraph, order: &LockOrder) -> String {
    format!(
        "{} while {} is held: {} ({})",
        escape(&graph.locks[order.then].path),
        escape(&graph.locks[order.first].path),
        plural(order.count, "place"),
        place(report, order.place)
    )
}

/// A smooth line through the points, level at each of them.
fn curve(points: &[(f64, f64)], shift: f64) -> String {
    let mut out = String::new();
    let Some((x, y)) = points.first() else { return out };
    let _ = write!(out, "M{x:.1} {:.1}", y + shift);
    for pair in points.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let middle = (ax + bx) / 2.0;
        let _ = write!(
            out,
            " C{middle:.1} {:.1} {middle:.1} {:.1} {bx:.1} {:.1}",
            ay + shift,
            by + shift,
            by + shift
        );
    }
    out
}

fn node(out: &mut String, report: &Report, lock: &LockNode, (x, y): (f64, f64), width: f64) {
    let class = match (lock.in_cycle, lock.is_map) {
        (true, true) => "node map cycle",
        (true, false) => "node cycle",
        (false, true) => "node map",
        (false, false) => "node",
    };
    let (module, name) = split(&lock.path);
    let _ = writeln!(
        out,
        "<g class=\"{class}\"><title>{} ({})</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{HEIGHT}\" rx=\"6\"/><text x=\"{tx:.1}\" y=\"{:.1}\" class=\"module\">{}</text>\
         <text x=\"{tx:.1}\" y=\"{:.1}\">{}</text></g>",
        escape(&lock.path),
        place(report, lock.place),
        y + 15.0,
        escape(&shortened(module)),
        y + 31.0,
        escape(&shortened(name)),
        tx = x + INSET
    );
}

fn width(lock: &LockNode) -> f64 {
    let (module, name) = split(&lock.path);
    let characters = [module, name].map(|it| shortened(it).chars().count());
    characters[0].max(characters[1]) as f64 * CHARACTER + 2.0 * INSET
}

/// The module, and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once("::").unwrap_or(("", path))
}

/// A text of bearable length, its end kept: that is where names differ.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    match count > MAX_TEXT {
        true => format!("…{}", text.chars().skip(count - MAX_TEXT + 1).collect::<String>()),
        false => text.to_owned(),
    }
}

fn list(out: &mut String, report: &Report, graph: &LockGraph) {
    out.push_str(
        "<table class=\"orders\"><thead><tr><th>held</th><th>taken meanwhile</th><th class=\"num\">places</th>\
         <th>the first</th></tr></thead><tbody>\n",
    );
    for order in &graph.orders {
        let class = if order.in_cycle { " class=\"cycle\"" } else { "" };
        let _ = writeln!(
            out,
            "<tr{class}><td><code>{}</code></td><td><code>{}</code></td><td class=\"num\">{}</td>\
             <td><code class=\"at\">{}</code> in <code>{}</code></td></tr>",
            escape(&graph.locks[order.first].path),
            escape(&graph.locks[order.then].path),
            order.count,
            place(report, order.place),
            escape(&order.function)
        );
    }
    out.push_str("</tbody></table>\n");
}
