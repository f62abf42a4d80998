/* The displays that are too dense for Dash components: the outcome picker, the cards and the forest table.
   Plain React, no build step; React escapes every text, so a campaign's own words are safe here. */
(function () {
  "use strict";

  var h = React.createElement;
  var PLOTLY = "vendor/plotly-cartesian.min.js";
  var ROW = 100; // a plot is drawn in per cent of its width, so that it fits any screen

  function place(value, axis) {
    return ((value - axis.low) / (axis.high - axis.low)) * ROW;
  }
  function inside(value) {
    return Math.min(Math.max(value, 0), ROW);
  }
  function percent(value) {
    return value.toFixed(3) + "%";
  }
  function line(x1, x2, y, className) {
    return h("line", { x1: percent(x1), x2: percent(x2), y1: y, y2: y, className: className, key: className });
  }

  /* One shape a role, and the same everywhere. */
  function shape(role, size, hollow) {
    var props = { className: hollow ? "marker hollow" : "marker", key: "marker" };
    if (role === "origin") {
      props.x = -size; props.y = -size; props.width = 2 * size; props.height = 2 * size;
      return h("rect", props);
    }
    if (role === "transit") {
      props.r = size * 1.08;
      return h("circle", props);
    }
    props.points = [[0, -size * 1.25], [size * 1.25, size], [-size * 1.25, size]].join(" ");
    return h("polygon", props);
  }
  function RoleMark(props) {
    return h("svg", { className: "role-mark role-" + props.role, width: 13, height: 13, viewBox: "-6.5 -6.5 13 13", "aria-hidden": true },
      shape(props.role, props.role === "origin" ? 6 : 5.2, false));
  }

  function grid(axis, both) {
    var lines = axis.ticks.map(function (tick) {
      var x = percent(place(tick, axis));
      return h("line", { key: tick, x1: x, x2: x, y1: "0", y2: "100%", className: tick === 0 ? "zero" : "gridline" });
    });
    if (axis.margin) {
      var from = place(-axis.margin, axis), to = place(axis.margin, axis);
      from = inside(from); to = inside(to);
      lines.unshift(h("rect", { key: "band", x: percent(from), width: percent(to - from), y: "0", height: "100%", className: "band" }));
      var better = axis.better === "higher" ? axis.margin : -axis.margin;
      (both ? [-better, better] : [better]).forEach(function (value) {
        var edge = place(value, axis);
        if (edge < 0 || edge > ROW) { return; }
        lines.push(h("line", { key: "margin" + value, x1: percent(edge), x2: percent(edge), y1: "0", y2: "100%", className: "margin" }));
      });
    }
    return lines;
  }

  function arrow(x, direction) {
    return h("svg", { key: "arrow" + direction, x: percent(x), y: "50%", overflow: "visible" },
      h("polyline", { className: "arrow", points: direction < 0 ? "6,-4 1,0 6,4" : "-6,-4 -1,0 -6,4" }));
  }

  function drawn(row, axis) {
    if (row.estimate === null) { return []; }
    var low = place(row.low, axis), high = place(row.high, axis), at = inside(place(row.estimate, axis));
    var parts = [];
    if (row.kind === "average") {
      if (row.predict_low !== null && row.predict_high !== null) {
        var from = inside(place(row.predict_low, axis)), to = inside(place(row.predict_high, axis));
        parts.push(line(from, to, "50%", "prediction"));
        [from, to].forEach(function (end, side) {
          parts.push(h("line", { key: "cap" + side, x1: percent(end), x2: percent(end), y1: "38%", y2: "62%", className: "prediction" }));
        });
      }
      var left = inside(low), width = Math.max(inside(high) - left, 0.4);
      var middle = ((at - left) / width) * 100;
      parts.push(h("svg", { key: "diamond", x: percent(left), y: "calc(50% - 8px)", width: percent(width), height: 16, viewBox: "0 0 100 16", preserveAspectRatio: "none" },
        h("polygon", { className: "marker", points: [[0, 8], [middle, 0], [100, 8], [middle, 16]].join(" ") })));
      return parts;
    }
    parts.push(line(inside(low), inside(high), "50%", row.weak || row.kind === "change" ? "interval dashed" : "interval"));
    if (low < 0) { parts.push(arrow(0, -1)); }
    if (high > ROW) { parts.push(arrow(ROW, 1)); }
    parts.push(h("svg", { key: "at", x: percent(at), y: "50%", overflow: "visible" },
      row.kind === "change"
        ? h("path", { className: "marker cross", d: "M-5,-5 L5,5 M-5,5 L5,-5" })
        : shape(row.role, 6, Boolean(row.weak))));
    return parts;
  }

  function Plot(props) {
    return h("svg", { className: "plot role-" + props.row.role, width: "100%", height: "100%", "aria-hidden": true },
      grid(props.axis, props.both), drawn(props.row, props.axis));
  }

  function Reading(props) {
    if (!props.row.reading) { return null; }
    var signs = { improved: "▲", worsened: "▼", no_meaningful_change: "–", unclear: "○", rose: "△", fell: "▽" };
    return h("span", { className: "reading reading-" + props.row.reading },
      h("span", { className: "sign", "aria-hidden": true }, signs[props.row.reading]), props.row.reading_words);
  }

  function Evidence(props) {
    var dots = [1, 2, 3, 4].map(function (step) {
      return h("i", { key: step, className: step <= props.row.evidence ? "dot full" : "dot" });
    });
    return h("span", { className: "evidence" }, h("span", { className: "dots", "aria-hidden": true }, dots), props.row.evidence_words);
  }

  function Weak(props) {
    var row = props.row, words = props.words;
    var unsettled = (row.caveats || []).indexOf(words.unsettled) >= 0 ? words.unsettled : "";
    var why = [unsettled, row.weak].filter(Boolean).join(" ");
    if (!why) { return null; }
    return h("details", { className: "weak" },
      h("summary", { "aria-label": (row.weak ? words.weak : words.unclear_why) + ": " + row.name }, "!"),
      h("p", null, why));
  }

  /* A site's name leads to its page, on the outcome that is being looked at. */
  function siteLink(row, words, outcome) {
    if (!row.site || !words.site_page) { return row.name; }
    var asked = (words.site_page.indexOf("?") < 0 ? "?" : "&") + "site=" + encodeURIComponent(row.site) + "&outcome=" + encodeURIComponent(outcome);
    return h("a", { href: words.site_page + asked }, row.name);
  }

  function Row(props) {
    var row = props.row, words = props.words, axis = props.axis;
    var name = h("th", { scope: "row", role: "rowheader", className: "name" },
      h("span", { className: "name-line" }, siteLink(row, words, props.outcome), h(Weak, { row: row, words: words })),
      row.note ? h("span", { className: "note" }, row.note) : null);
    if (row.kind === "gap") {
      return h("tr", { role: "row", className: "row gap" }, name,
        h("td", { role: "cell", className: "cell-counts" }, row.counts),
        h("td", { role: "cell", className: "reason", colSpan: 4 }, row.reason, row.remedy ? h("span", { className: "remedy" }, row.remedy) : null));
    }
    return h("tr", { role: "row", className: "row " + row.kind + " tint-" + row.role }, name,
      h("td", { role: "cell", className: "cell-counts", "data-label": words.interviews }, row.counts),
      h("td", { role: "cell", className: "cell-plot" }, h(Plot, { row: row, axis: axis, both: props.both })),
      h("td", { role: "cell", className: "cell-effect" }, h("b", null, row.effect), " ", h("span", null, "(" + row.interval + ")")),
      h("td", { role: "cell", className: "cell-reads" }, h(Reading, { row: row })),
      h("td", { role: "cell", className: "cell-grade" }, h(Evidence, { row: row })));
  }

  function Scale(props) {
    var axis = props.axis, words = props.words;
    var ends = axis.better === "higher" ? [words.worse, words.better] : [words.better, words.worse];
    var labels = axis.ticks.map(function (tick, index) {
      return h("span", { key: tick, className: tick === 0 ? "tick zero" : "tick", style: { left: percent(place(tick, axis)) } }, axis.labels[index]);
    });
    var hoped = axis.better === "higher" ? axis.margin : -axis.margin;
    var edge = axis.margin ? place(props.both ? -hoped : hoped, axis) : null; // of a possible harm, the harmful side
    var margin = props.both ? (axis.margin_label || "").replace(/^[+\u2212-]/, "±") : axis.margin_label;
    var crowded = edge !== null && (edge < 36 || edge > 64); // the label would lie on an end's word
    return h("div", { className: crowded ? "scale tall" : "scale" },
      h("div", { className: "ends" },
        h("span", null, "← " + ends[0]),
        h("span", null, ends[1] + " →")),
      edge === null ? null : h("div", { className: "margin-label", style: { left: percent(edge) } }, words.margin + " " + margin),
      h("div", { className: "ticks" }, labels));
  }

  function Group(props) {
    var group = props.group, rows = [], apart = false;
    group.rows.forEach(function (row, index) {
      if (props.shown && row.site && props.shown.indexOf(row.site) < 0) { return; }
      if (row.kind === "change" && !apart) {
        apart = true;
        rows.push(h("tr", { role: "row", className: "apart", key: "apart" },
          h("th", { role: "columnheader", scope: "rowgroup", colSpan: 6 }, group.apart)));
      }
      rows.push(h(Row, { key: index, row: row, axis: props.axis, words: props.words, both: props.both, outcome: props.outcome }));
    });
    return h("tbody", { role: "rowgroup" },
      h("tr", { role: "row", className: "group" },
        h("th", { role: "columnheader", scope: "rowgroup", colSpan: 6 },
          h(RoleMark, { role: group.role }), h("span", { className: "group-title" }, group.title),
          group.audience ? h("span", { className: "audience" }, group.audience) : null)),
      rows);
  }

  function ForestTable(props) {
    var view = props.view, words = props.words;
    var both = (props.harms || []).indexOf(view.outcome) >= 0; // its margin matters on both sides
    var head = [
      ["name", words.site, null], ["cell-counts", words.interviews, words.before_after], ["cell-plot", null, null],
      ["cell-effect", words.effect, view.unit + " " + words.confidence], ["cell-reads", words.reading, null], ["cell-grade", words.evidence, null],
    ].map(function (column) {
      return h("th", { role: "columnheader", scope: "col", key: column[0], className: column[0] },
        column[0] === "cell-plot" ? [h("span", { className: "unseen", key: "unseen" }, words.plot), h(Scale, { axis: view.axis, words: words, both: both, key: "scale" })] : column[1],
        column[2] ? h("small", null, column[2]) : null);
    });
    return h("table", { id: props.id, role: "table", className: "forest" },
      h("caption", { className: "unseen" }, view.caption),
      h("colgroup", null, head.map(function (cell) { return h("col", { key: cell.key, className: "col-" + cell.key }); })),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
      view.groups.map(function (group) {
        return h(Group, { key: group.role, group: group, axis: view.axis, shown: props.shown, words: words, both: both, outcome: view.outcome });
      }));
  }

  function Mini(props) {
    var mini = props.mini, axis = props.axis, parts = [];
    var zero = percent(place(0, axis));
    parts.push(h("line", { key: "zero", x1: zero, x2: zero, y1: "0", y2: "100%", className: "zero" }));
    if (mini.estimate !== null) {
      parts.push(line(inside(place(mini.low, axis)), inside(place(mini.high, axis)), "50%", "interval"));
      parts.push(h("svg", { key: "at", x: percent(inside(place(mini.estimate, axis))), y: "50%", overflow: "visible" }, shape(props.role, 3.8, false)));
    }
    return h("li", { className: mini.current ? "mini current" : "mini" },
      h("span", { className: "mini-title", title: mini.title }, mini.title, mini.lower ? h("span", { "aria-label": props.words.lower_better }, " ↓") : null),
      h("svg", { className: "plot role-" + props.role, width: "100%", height: 26, "aria-hidden": true }, parts),
      h("span", { className: "mini-effect" }, mini.effect));
  }

  function Card(props) {
    var card = props.card, words = props.words;
    return h("section", { className: "card role-" + card.role, "aria-label": card.title },
      h("div", { className: "card-head" },
        h("h2", null, h(RoleMark, { role: card.role }), card.title), h(Reading, { row: card })),
      card.effect
        ? h("p", { className: "big" }, h("b", null, card.effect), h("span", { className: "unit" }, card.unit),
            h("span", { className: "ci" }, h("small", null, words.ci), " ", card.interval))
        : h("p", { className: "no-number" }, card.reason),
      card.basis ? h("p", { className: "basis" }, card.basis) : null,
      h("ul", { className: "minis" }, card.minis.map(function (mini) {
        return h(Mini, { key: mini.outcome, mini: mini, role: card.role, axis: card.axis, words: words });
      })),
      card.minis.some(function (mini) { return mini.lower; })
        ? h("p", { className: "mini-note", "aria-hidden": true }, "↓ " + words.lower_better) : null);
  }

  function RoleCards(props) {
    return h("div", { id: props.id, className: "cards" }, props.cards.map(function (card) {
      return h(Card, { key: card.role, card: card, words: props.words });
    }));
  }

  /* The same rows as a plain table, for reading aloud, copying and checking. */
  function PlainTable(props) {
    var view = props.view, words = props.words;
    var head = [words.role, words.site, words.interviews, words.clusters, words.effect + " (" + view.unit + ")", words.interval, "p", words.reading, words.evidence, words.notes];
    var rows = [];
    view.groups.forEach(function (group) {
      group.rows.forEach(function (row, index) {
        if (props.shown && row.site && props.shown.indexOf(row.site) < 0) { return; }
        var cells = row.kind === "gap"
          ? [h("td", { key: "reason", colSpan: 8 }, row.reason + " " + row.remedy)]
          : [row.counts, row.clusters, row.effect, row.interval, row.p.replace("p = ", "").replace("p ", ""), row.reading_words, row.evidence_words,
              (row.kind === "change" ? [group.apart] : [row.kind === "average" ? row.note + "." : ""]).concat([row.weak], row.caveats).filter(Boolean).join(" ")]
            .map(function (text, place) { return h("td", { key: place }, text); });
        rows.push(h("tr", { key: group.role + index }, h("td", null, group.title), h("th", { scope: "row" }, row.name), cells));
      });
    });
    return h("div", { id: props.id, className: "plain", tabIndex: 0, role: "region", "aria-label": words.as_table },
      h("table", null, h("caption", null, view.caption),
        h("thead", null, h("tr", null, head.map(function (text) { return h("th", { key: text, scope: "col" }, text); }))),
        h("tbody", null, rows)));
  }

  function Contrasts(props) {
    return h("div", { id: props.id, className: "contrasts" },
      h("h2", null, props.title),
      props.said.length ? h("ul", null, props.said.map(function (text) { return h("li", { key: text }, text); })) : null,
      h("p", null, props.note));
  }

  /* A button for each family; where a family holds several outcomes, a native select beside them. */
  function OutcomePicker(props) {
    var current = props.families.filter(function (family) {
      return family.outcomes.some(function (outcome) { return outcome.id === props.value; });
    })[0] || props.families[0];
    var choose = function (id) { props.setProps({ value: id }); };
    var segments = props.families.map(function (family) {
      var pressed = family === current;
      return h("label", { key: family.id, className: pressed ? "segment chosen" : "segment" },
        h("input", { type: "radio", name: props.id + "-family", value: family.id, checked: pressed,
          onChange: function () { choose(family.outcomes[0].id); } }),
        h("span", null, family.title));
    });
    var said = current.outcomes.filter(function (outcome) { return outcome.id === props.value; })[0] || current.outcomes[0];
    return h("div", { id: props.id, className: "picker" },
      h("fieldset", { className: "segments" }, h("legend", { className: "unseen" }, props.label), segments),
      current.outcomes.length === 1
        ? h("p", { className: "question" }, "“" + said.title + "”")
        : h("label", { className: "question-select" }, h("span", { className: "unseen" }, props.select_label),
            h("select", { value: said.id, onChange: function (event) { choose(event.target.value); } },
              current.outcomes.map(function (outcome) {
                return h("option", { key: outcome.id, value: outcome.id }, outcome.title);
              }))));
  }

  /* Native checkboxes; with none ticked nothing could be read, so that brings all of them back. */
  function SiteChoice(props) {
    var all = props.options.map(function (option) { return option.value; });
    return h("div", { id: props.id, className: "site-choices" }, props.options.map(function (option) {
      var ticked = props.value.indexOf(option.value) >= 0;
      return h("label", { key: option.value },
        h("input", { type: "checkbox", value: option.value, checked: ticked, onChange: function () {
          var kept = all.filter(function (site) {
            return site === option.value ? !ticked : props.value.indexOf(site) >= 0;
          });
          props.setProps({ value: kept.length ? kept : all });
        } }),
        h("span", null, option.label));
    }));
  }

  window.campaign_ui = { ForestTable: ForestTable, RoleCards: RoleCards, PlainTable: PlainTable, Contrasts: Contrasts, OutcomePicker: OutcomePicker, SiteChoice: SiteChoice };

  /* What unfolds over the page closes on Escape and on a click beside it. */
  var UNFOLDING = "details.site-filter[open], details.downloads[open], details.weak[open]";
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    document.querySelectorAll(UNFOLDING).forEach(function (open) {
      var within = open.contains(document.activeElement);
      open.removeAttribute("open");
      if (within) { open.querySelector("summary").focus(); }
    });
  });
  document.addEventListener("click", function (event) {
    document.querySelectorAll(UNFOLDING).forEach(function (open) {
      if (!open.contains(event.target)) { open.removeAttribute("open"); }
    });
  });

  /* A page's title is its heading. */
  new MutationObserver(function () {
    var heading = document.querySelector("main h1"), name = document.querySelector(".brand .name");
    if (!heading || !name) { return; }
    var title = heading.textContent + " · " + name.textContent;
    if (document.title !== title) { document.title = title; }
  }).observe(document.documentElement, { childList: true, characterData: true, subtree: true });

  /* Plotly is fetched, from this server, only when a picture is asked for. */
  function withPlotly() {
    if (window.Plotly) { return Promise.resolve(window.Plotly); }
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = document.getElementById("_dash-config") ? JSON.parse(document.getElementById("_dash-config").textContent).requests_pathname_prefix + "assets/" + PLOTLY : "/assets/" + PLOTLY;
      script.onload = function () { resolve(window.Plotly); };
      script.onerror = function () { reject(new Error("plotly")); };
      document.head.appendChild(script);
    });
  }

  function search(changes) {
    var asked = {};
    new URLSearchParams(window.location.search).forEach(function (value, key) { asked[key] = value; });
    Object.keys(changes).forEach(function (key) {
      if (changes[key]) { asked[key] = changes[key]; } else { delete asked[key]; }
    });
    var parts = Object.keys(asked).map(function (key) {
      return encodeURIComponent(key) + "=" + encodeURIComponent(asked[key]);
    });
    return parts.length ? "?" + parts.join("&") : "";
  }

  /* Links that keep the state: the language switch keeps everything, the navigation the campaign. */
  function keepState() {
    document.querySelectorAll("a[data-language]").forEach(function (link) {
      link.href = window.location.pathname + search({ lang: link.dataset.language });
    });
    document.querySelectorAll("a[data-download]").forEach(function (link) {
      link.href = link.dataset.download + window.location.search;
    });
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compare: {
      show: function (outcome, sites, data) {
        var view = data.views[outcome] || data.views[data.initial];
        var all = data.sites.length, some = (sites || []).length < all;
        var order = data.sites.filter(function (site) { return (sites || []).indexOf(site) >= 0; });
        history.replaceState(history.state, "", window.location.pathname + search({
          outcome: outcome === data.initial ? "" : outcome,
          sites: some ? order.join("~") : "",
        }) + window.location.hash);
        document.documentElement.lang = data.language;
        document.title = view.headline + " · " + data.name;
        keepState();
        var chosen = some ? data.words.some_sites.replace("{shown}", order.length).replace("{all}", all) : data.words.all_sites;
        return [view.headline, view.sentence, view.cards, view.forest, some ? order : null, view.forest, some ? order : null,
          view.contrasts, view.contrasts_note, view.change_note, view.source.join("\n"), chosen, some ? data.words.filtered : ""];
      },
      copy: function (clicks, said) {
        if (!clicks) { return window.dash_clientside.no_update; }
        return navigator.clipboard.writeText(window.location.href).then(function () { return said; }, function () { return window.location.href; });
      },
      picture: function (png, svg, said) {
        var asked = window.dash_clientside.callback_context.triggered_id;
        if (!asked || !(png || svg)) { return window.dash_clientside.no_update; }
        var format = asked === "compare-svg" ? "svg" : "png";
        var address = document.querySelector("[data-figure]").dataset.figure + window.location.search;
        return Promise.all([withPlotly(), fetch(address).then(function (reply) {
          if (!reply.ok) { throw new Error(String(reply.status)); }
          return reply.json();
        })]).then(function (ready) {
          var figure = ready[1];
          return ready[0].downloadImage({ data: figure.data, layout: figure.layout },
            { format: format, filename: figure.name, width: figure.width, height: figure.height, scale: format === "png" ? 2 : 1 });
        }).then(function () { return ""; }, function () { return said; });
      },
    },
  });
})();
