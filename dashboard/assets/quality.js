/* The quality page: fetched once, drawn at once. Plain React, no build step; React escapes every text. */
(function () {
  "use strict";

  var h = React.createElement;

  function Choice(props) {
    return h("label", { className: "choice" }, h("span", null, props.label),
      h("select", { value: props.value, onChange: function (event) { props.choose(event.target.value); } },
        props.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); })));
  }

  function Place(props) {
    var site = React.useState(props.site), wave = React.useState(props.wave);
    function show() {
      var to = props.page + (props.page.indexOf("?") < 0 ? "?" : "&");
      window.location.assign(to + "site=" + encodeURIComponent(site[0]) + "&wave=" + encodeURIComponent(wave[0]));
    }
    return h("div", { className: "choices quality-place" },
      h(Choice, { label: props.words.site, options: props.sites, value: site[0], choose: site[1] }),
      h(Choice, { label: props.words.wave, options: props.waves, value: wave[0], choose: wave[1] }),
      h("button", { type: "button", className: "button quiet", onClick: show }, props.words.show));
  }

  function Scrolled(props) {
    return h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": props.label }, props.children);
  }

  function Heads(props) {
    return h("thead", null, h("tr", null, props.titles.map(function (title, place) {
      return h("th", { key: place, scope: "col", className: props.numeric && props.numeric[place] ? "number" : "" }, title);
    })));
  }

  function Table(props) {
    var table = props.table;
    return h(React.Fragment, null, h("p", { className: "table-note" }, props.note), h(Scrolled, { label: props.caption }, h("table", { className: "quality-table" },
      h("caption", { className: "unseen" }, props.caption), h(Heads, table),
      h("tbody", null, table.rows.map(function (row, number) {
        return h("tr", { key: number }, row.map(function (cell, place) {
          return place ? h("td", { key: place, className: table.numeric[place] ? "number" : "" }, cell)
            : h("th", { key: place, scope: "row" }, cell);
        }));
      })))));
  }

  function Named(props) {
    var finding = props.finding, words = props.words.columns;
    return h("details", { className: "disclosure" }, h("summary", null, finding.named),
      h(Scrolled, { label: finding.named }, h("table", { className: "quality-table" },
        h(Heads, { titles: [words.interview, words.interviewer, words.day, words.started, words.minutes], numeric: [false, false, false, false, true] }),
        h("tbody", null, finding.interviews.map(function (row) {
          return h("tr", { key: row[0] }, h("th", { scope: "row" }, h("code", null, row[0])),
            row.slice(1).map(function (cell, place) { return h("td", { key: place, className: place === 3 ? "number" : "" }, cell); }));
        })))),
      finding.more ? h("p", { className: "more" }, finding.more) : null);
  }

  function Finding(props) {
    var finding = props.finding, words = props.words;
    return h("li", { className: "finding " + finding.severity },
      h("p", { className: "kind" }, h("span", { className: "urgency" }, finding.severity_said), " ", finding.check),
      h("h3", null, finding.said),
      h("p", { className: "todo" }, finding.todo),
      h("p", { className: "size " + finding.size }, finding.size_said),
      finding.named ? h(Named, { finding: finding, words: words }) : null,
      h("details", { className: "disclosure" }, h("summary", null, words.how), h("p", null, finding.how)));
  }

  function Quotas(props) {
    return h("section", { className: "panel" }, h("h2", null, props.words.quotas),
      h("ul", { className: "quotas" }, props.quotas.map(function (quota) {
        return h("li", { key: quota.label, className: "quota " + quota.state },
          h("span", { className: "label" }, quota.label),
          h("span", { className: "held" }, h("b", null, quota.held), " / ", quota.target),
          h("span", { className: "bar-of", "aria-hidden": "true" }, h("span", { style: { width: Math.round(quota.share * 100) + "%" } })),
          h("span", { className: "state" }, quota.state_said, quota.left ? ": " + quota.left : ""));
      })));
  }

  function Weights(props) {
    var weights = props.weights, words = props.words.weights;
    return h("section", { className: "panel weights" }, h("h2", null, words.title),
      weights.said.map(function (one) { return h("p", { key: one }, one); }),
      weights.notes.length ? h("ul", { className: "weight-notes" }, weights.notes.map(function (note) {
        return h("li", { key: note[0] }, h("b", null, note[0]), " ", note[1]);
      })) : null,
      weights.margins.rows.length ? h("div", null,
        h(Table, { table: weights.margins, caption: words.margins, note: words.margins }),
        h("p", { className: "source" }, words.margins_note)) : null,
      h("details", { className: "disclosure" }, h("summary", null, words.how),
        weights.how.map(function (one) { return h("p", { key: one }, one); })));
  }

  function Days(props) {
    var words = props.words, days = props.days;
    return h("section", { className: "panel" }, h("h2", null, words.days),
      h("ul", { className: "days", "aria-label": words.days }, days.map(function (day) {
        return h("li", { key: day.day, title: day.day + ": " + day.count },
          h("span", { className: "unseen" }, day.day + ": " + day.count),
          h("span", { className: "column", "aria-hidden": "true", style: { height: Math.max(2, Math.round(day.share * 72)) + "px" } }));
      })),
      h("p", { className: "days-ends", "aria-hidden": "true" }, h("span", null, days[0].day), h("span", null, days[days.length - 1].day)));
  }

  function Others(props) {
    var view = props.view, words = props.words;
    return h("section", { className: "panel" }, h("h2", null, words.other),
      view.clear ? h("p", null, view.clear) : null,
      view.declined ? h("p", null, view.declined) : null,
      view.not_made.length ? h("details", { className: "disclosure" }, h("summary", null, words.not_made),
        h("ul", null, view.not_made.map(function (one) { return h("li", { key: one[0] }, h("b", null, one[0]), ": ", one[1]); }))) : null);
  }

  function Report(props) {
    var view = props.view, words = props.words;
    var urgent = view.findings.filter(function (one) { return one.severity !== "note"; });
    var notes = view.findings.filter(function (one) { return one.severity === "note"; });
    function list(findings) {
      return h("ol", { className: "findings-ranked" }, findings.map(function (one) { return h(Finding, { key: one.key, finding: one, words: words }); }));
    }
    return h("div", null,
      h("p", { className: "sheet-link" }, h("a", { className: "button", href: view.sheet, download: "" }, words.sheet)),
      view.findings.length ? h("section", { className: "panel" }, h("h2", null, words.ranking), h("p", { className: "source" }, words.ranking_note),
        list(urgent), notes.length ? h("details", { className: "disclosure notes" }, h("summary", null, notes[0].severity_said + " (" + notes.length + ")"), list(notes)) : null) : null,
      view.quotas.length ? h(Quotas, { quotas: view.quotas, words: words }) : null,
      view.interviewers.rows.length ? h("section", { className: "panel" }, h("h2", null, words.interviewers),
        h(Table, { table: view.interviewers, caption: words.interviewers, note: words.interviewers_note })) : null,
      view.weights ? h(Weights, { weights: view.weights, words: words }) : null,
      view.days.length ? h(Days, { days: view.days, words: words }) : null,
      h("section", { className: "panel" }, h("h2", null, words.missing),
        h(Table, { table: view.missing, caption: words.missing, note: words.missing_note })),
      h(Others, { view: view, words: words }),
      h("p", { className: "source" }, view.source));
  }

  function QualityReport(props) {
    var state = React.useState(null), view = state[0], set = state[1], words = props.words;
    React.useEffect(function () {
      var wanted = true;
      function tell(found) {
        if (!wanted) { return; }
        set(found);
        props.setProps({ told: { headline: found.headline || null, lead: found.lead || words.failed } });
      }
      fetch(props.source, { headers: { Accept: "application/json" } })
        .then(function (reply) { if (!reply.ok) { throw new Error(String(reply.status)); } return reply.json(); })
        .then(tell, function () { tell({ failed: true }); });
      return function () { wanted = false; };
    }, [props.source]);
    var told = view && !view.failed;
    return h("div", { id: props.id, className: "quality", "aria-busy": view ? "false" : "true" },
      h(Place, props),
      told && view.empty && view.quotas.length ? h(Quotas, { quotas: view.quotas, words: words }) : null,
      told && !view.empty ? h(Report, { view: view, words: words }) : null);
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    quality: {
      told: function (told) { return [told.headline || window.dash_clientside.no_update, told.lead]; }
    }
  });
  window.campaign_quality = { QualityReport: QualityReport };
})();
