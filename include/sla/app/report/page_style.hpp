// SPDX-License-Identifier: MIT
#pragma once
// What is the same on every page of a report: the style sheet, the patterns by which states are
// told apart without colours, their legend, and how each figure is made.
#include <string_view>

#include "sla/version.hpp"

namespace sla::inline v1::app::detail {

/// Everything before the first word. A unit of the pictures is a tenth of a day wide, so that a
/// pattern begins anew with each day.
inline constexpr std::string_view page_head =
    "<!DOCTYPE html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
    "<title>Availability</title><style>"
    ":root{color-scheme:light dark;--g:#fff;--t:#1b1f24;--l:#d1d9e0;--u:#1a7f37;--d:#cf222e;"
    "--n:#9a6700;--m:#6e7781;--x:#0969da}"
    "@media(prefers-color-scheme:dark){:root{--g:#0d1117;--t:#f0f6fc;--l:#3d444d;--u:#3fb950;"
    "--d:#f85149;--n:#d29922;--m:#8b949e;--x:#58a6ff}}"
    "body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--g);color:var(--t);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "section{border-top:1px solid var(--l);margin-top:1.5rem}"
    "h2{font-size:1.25rem;margin:1rem 0 .25rem}p{margin:.25rem 0}figure{margin:.5rem 0}"
    "a{color:var(--x)}b{border:2px solid;border-radius:.5rem;font-size:.8rem;padding:0 .4rem;"
    "white-space:nowrap}.UP{color:var(--u)}.DOWN{color:var(--d)}.UNKNOWN{color:var(--n)}"
    ".UNMONITORED{color:var(--m)}.EXCLUDED{color:var(--x)}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}"
    "caption{text-align:left}th,td{border-bottom:1px solid var(--l);padding:.15rem .4rem;"
    "text-align:right;vertical-align:top}th:first-child{text-align:left}th{font-weight:500}"
    "ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:1rem 0;padding:0}"
    "summary{cursor:pointer}td{white-space:nowrap}td:last-child{white-space:normal}"
    ".f td,.f:not(.s) th{white-space:nowrap}thead th{overflow-wrap:normal}"
    ".b,.c{display:block;height:2.5rem;width:100%}.k{height:1rem;vertical-align:-.15rem;width:1rem}"
    ".b path,.k path{stroke:url(#u);stroke-width:40}.b .d,.k .d{stroke:url(#d)}"
    ".b .n,.k .n{stroke:url(#n)}.b .m,.k .m{stroke:url(#m)}.b .x,.k .x{stroke:url(#x)}"
    ".c{border-bottom:1px solid var(--l)}.c path{fill:none;stroke:var(--t);stroke-width:2;"
    "vector-effect:non-scaling-stroke}.c .p{stroke:var(--x);stroke-dasharray:6 3}"
    "#u path{fill:var(--u)}#d path{fill:var(--d)}#n path{fill:var(--n)}#m path{fill:var(--m)}"
    "#x path{fill:var(--x)}"
    "@media(max-width:30rem){body{padding:.5rem}th,td{padding:.15rem .2rem;font-size:.8rem}"
    ".f:not(.s) :is(th,td){padding:.15rem .1rem;font-size:.7rem}"
    ".s :is(th,td):is(:nth-child(4),:nth-child(5)){display:none}}"
    "</style>"
    "<svg width=0 height=0 aria-hidden=true style=position:absolute>"
    "<pattern id=u width=10 height=40 patternUnits=userSpaceOnUse>"
    "<path d=M1,0h8v40h-8z></path></pattern>"
    "<pattern id=d width=10 height=10 patternUnits=userSpaceOnUse>"
    "<path d=M1,0h8v3l-8,5zM9,5v5h-8z></path></pattern>"
    "<pattern id=n width=10 height=8 patternUnits=userSpaceOnUse>"
    "<path d=M2,1h6v4h-6z></path></pattern>"
    "<pattern id=m width=10 height=40 patternUnits=userSpaceOnUse>"
    "<path d=M1,37h8v3h-8z></path></pattern>"
    "<pattern id=x width=10 height=40 patternUnits=userSpaceOnUse>"
    "<path d=M1,0h2v40h-2zM7,0h2v40h-2zM3,0h4v2h-4zM3,38h4v2h-4z></path></pattern></svg>";

inline constexpr std::string_view page_legend =
    "<ul aria-label=Legend>"
    "<li><svg class=k aria-hidden=true preserveAspectRatio=none viewBox=\"0 0 10 40\"><path "
    "d=M0,20h10></path></svg> up"
    "<li><svg class=k aria-hidden=true preserveAspectRatio=none viewBox=\"0 0 10 40\"><path "
    "class=d d=M0,20h10></path></svg>"
    " some of it down"
    "<li><svg class=k aria-hidden=true preserveAspectRatio=none viewBox=\"0 0 10 40\"><path "
    "class=n d=M0,20h10></path></svg>"
    " some of it unknown"
    "<li><svg class=k aria-hidden=true preserveAspectRatio=none viewBox=\"0 0 10 40\"><path "
    "class=m d=M0,20h10></path></svg>"
    " unmonitored"
    "<li><svg class=k aria-hidden=true preserveAspectRatio=none viewBox=\"0 0 10 40\"><path "
    "class=x d=M0,20h10></path></svg>"
    " excluded</ul>";

inline constexpr std::string_view page_rules =
    "<section><h2>How the figures are made</h2><p>A result holds from its end to the end of the "
    "next one, but no longer than to the time by which that one should have come; what no result "
    "holds, nobody looked at: it is unmonitored. Where events were lost, or a result says nothing "
    "about the service, it is unknown. Planned maintenance is excluded. In milliseconds these five "
    "add up to the time that is shown. <i>Availability</i> is up of what was seen, up and down. "
    "<i>Worst</i> is up of all that is not excluded: everything that was not seen counts as down. "
    "<i>Coverage</i> is how much of it was seen. <i>Occurrences</i> are good results of all good "
    "and bad ones. All in percent, rounded down, so that 100.000 means not one failure; a dash is "
    "where nothing was seen. Days and months are those of UTC. Half "
    "of the runs took no longer than <i>p50</i>, drawn solid, and 95 % no longer than <i>p95</i>, "
    "dashed.</p></section></html>";

}  // namespace sla::inline v1::app::detail
