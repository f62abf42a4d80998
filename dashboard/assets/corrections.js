/* The corrections page: the ledger, its filters, a proposal, a log, decisions. Plain React, no build step; React escapes every text. */
(function () {
  "use strict";

  var h = React.createElement;
  var fill = window.campaign_asking.fill, query = window.campaign_asking.query, asked = window.campaign_asking.asked, sent = window.campaign_asking.sent;
  var remembered = window.campaign_asking.remembered, remember = window.campaign_asking.remember;
  var PICK_FROM = 8; // codes of several from which the list scrolls

  function Field(props) {
    return h("label", { className: "field" }, h("span", null, props.label), props.children,
      props.hint ? h("small", null, props.hint) : null);
  }
  function Select(props) {
    return h(Field, { label: props.label },
      h("select", { value: props.value, disabled: props.disabled, onChange: function (event) { props.choose(event.target.value); } },
        h("option", { value: "" }, props.none),
        props.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); })));
  }
  function Working(props) {
    return h("div", { className: "under-way" }, h("p", { role: "status" }, props.text),
      h("div", { className: "bar-of endless", role: "progressbar", "aria-label": props.text }, h("span", null)));
  }
  function Said(props) { // the last answer, read out when it comes
    return h("div", { className: "said " + (props.bad ? "bad" : ""), role: props.bad ? "alert" : "status" }, props.children);
  }

  function Row(props) {
    var row = props.row, words = props.words;
    return h("tr", { className: "state-" + row.state },
      h("td", { className: "pick" }, h("input", {
        type: "checkbox", checked: props.chosen, "aria-label": fill(words.choose_one, { id: row.id }),
        onChange: function () { props.toggle(row.id); }
      })),
      h("td", { "data-label": words.number, className: "number" }, row.id),
      h("td", { "data-label": words.state }, h("b", { className: "badge" }, row.state_label), row.told ? h("small", null, row.told) : null),
      h("td", { "data-label": words.interview }, h("code", null, row.submission), h("small", null, row.place)),
      h("th", { scope: "row", "data-label": words.question }, row.question, h("small", null, row.question_label)),
      h("td", { "data-label": words.change, className: "change" },
        row.old ? h("span", { className: "old" }, h("i", { className: "unseen" }, words.before + " "), row.old) : null,
        h("span", { className: "new" }, h("i", { className: "unseen" }, words.after + " "), row.new)),
      h("td", { "data-label": words.why }, row.reason),
      h("td", { "data-label": words.who }, row.author,
        h("details", null, h("summary", null, words.history), h("ol", null,
          row.source ? h("li", null, words.from_log + " " + row.source) : null,
          row.history.map(function (step, number) { return h("li", { key: number }, step); })))));
  }

  function Ledger(props) {
    var words = props.words, told = props.told;
    if (!told) { return h(Working, { text: words.working }); }
    if (told.error) { return h(Said, { bad: true }, h("p", null, told.error)); }
    if (!told.rows.length) { return h("p", { className: "empty" }, told.never ? props.empty.ever : props.empty.here); }
    var all = told.rows.every(function (row) { return props.chosen[row.id]; });
    return h("div", null,
      told.total > told.rows.length ? h("p", { className: "more" }, fill(words.first_rows, { shown: told.rows.length, total: told.total })) : null,
      h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": words.ledger }, h("table", { className: "ledger" },
        h("thead", null, h("tr", null,
          h("th", { scope: "col", className: "pick" }, h("input", {
            type: "checkbox", checked: all, "aria-label": words.choose_all,
            onChange: function () { props.chooseAll(told.rows.map(function (row) { return row.id; }), !all); }
          })),
          [words.number, words.state, words.interview, words.question, words.change, words.why, words.who].map(function (text) {
            return h("th", { key: text, scope: "col" }, text);
          }))),
        h("tbody", null, told.rows.map(function (row) {
          return h(Row, { key: row.id, row: row, words: words, chosen: Boolean(props.chosen[row.id]), toggle: props.toggle });
        })))));
  }

  function Preview(props) {
    var found = props.found, words = props.words;
    return h("section", { className: "what-if" }, h("h3", null, found.headline),
      h("ul", null, found.touched.map(function (line) { return h("li", { key: line }, line); })),
      found.refused.length ? h("ul", { className: "others" }, found.refused.map(function (line) { return h("li", { key: line }, line); })) : null,
      h("details", { className: "disclosure" }, h("summary", null, words.results),
        found.blind ? h("p", { className: "blind" }, found.blind) : h("div", null,
          h("p", { className: "note" }, words.results_note),
          found.effects.length ? h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": words.results },
            h("table", { className: "effects" },
              h("thead", null, h("tr", null, [words.outcome, words.site, words.now_estimate, words.then_estimate, words.difference].map(function (text) {
                return h("th", { key: text, scope: "col" }, text);
              }))),
              h("tbody", null, found.effects.map(function (row, number) {
                return h("tr", { key: number }, h("th", { scope: "row", "data-label": words.outcome }, row.outcome), h("td", { "data-label": words.site }, row.site),
                  h("td", { "data-label": words.now_estimate }, row.before), h("td", { "data-label": words.then_estimate }, row.after),
                  h("td", { "data-label": words.difference }, h("b", null, row.difference)));
              })))) : h("p", null, words.nothing_moves),
          h("p", { className: "more" }, found.unmoved))));
  }

  function Decide(props) {
    var words = props.words, ids = props.ids;
    var whyState = React.useState(""), why = whyState[0], setWhy = whyState[1];
    var busyState = React.useState(false), busy = busyState[0], setBusy = busyState[1];
    var saidState = React.useState(null), said = saidState[0], setSaid = saidState[1];
    var foundState = React.useState(null), found = foundState[0], setFound = foundState[1];
    React.useEffect(function () { setFound(null); }, [ids.join(",")]);
    function decide(action) {
      setBusy(true);
      sent("/corrections/decide?" + props.where, { ids: ids, action: action, by: props.name, why: why }, words).then(function (told) {
        setBusy(false);
        setSaid(told);
        if (!told.error) { setFound(null); setWhy(""); props.reload(); }
      });
    }
    function look() {
      setBusy(true);
      setSaid(null);
      sent("/corrections/preview?" + props.where, { ids: ids, by: props.name }, words).then(function (told) {
        setBusy(false);
        if (told.error) { setSaid(told); } else { setFound(told); }
      });
    }
    return h("section", { className: "panel decide" },
      h("h2", null, words.decide), h("p", { className: "count" }, fill(words.chosen, { count: ids.length })),
      h(Field, { label: words.note }, h("input", { type: "text", value: why, onChange: function (event) { setWhy(event.target.value); } })),
      h("div", { className: "buttons" },
        h("button", { type: "button", className: "button quiet", disabled: busy || !ids.length, onClick: look }, words.preview),
        ["approve", "apply", "reject", "undo"].map(function (action) {
          return h("button", {
            key: action, type: "button", className: "button" + (action === "approve" || action === "apply" ? "" : " quiet"),
            disabled: busy || !props.moves[action], onClick: function () { decide(action); }
          }, words[action]);
        })),
      busy ? h(Working, { text: words.working }) : null,
      said ? h(Said, { bad: Boolean(said.error) || !said.done }, h("p", null, h("b", null, said.error || said.headline)),
        said.others && said.others.length ? h("ul", null, said.others.map(function (line) { return h("li", { key: line }, line); })) : null) : null,
      found ? h(Preview, { found: found, words: words }) : null);
  }

  function NewValue(props) {
    var question = props.question, words = props.words, value = props.value;
    if (!question) { return null; }
    if (question.kind === "one") {
      return h(Select, { label: words.new_value, none: "–", options: question.choices, value: value, choose: props.set });
    }
    if (question.kind === "several") {
      var codes = value.split(" ").filter(Boolean);
      return h("fieldset", { className: "field" + (question.choices.length > PICK_FROM ? " many" : "") }, h("legend", null, words.new_value),
        question.choices.map(function (choice) {
          return h("label", { key: choice.value, className: "check-line" }, h("input", {
            type: "checkbox", checked: codes.indexOf(choice.value) >= 0,
            onChange: function (event) {
              var kept = question.choices.map(function (one) { return one.value; }).filter(function (code) {
                return code === choice.value ? event.target.checked : codes.indexOf(code) >= 0;
              });
              props.set(kept.join(" "));
            }
          }), " ", choice.label);
        }));
    }
    return h(Field, { label: words.new_value }, h("input", { type: "text", value: value, onChange: function (event) { props.set(event.target.value); } }));
  }

  var BLANK = { submission: "", question: "", value: "", missing: "", reason: "", withdraw: false };

  function Propose(props) {
    var words = props.words;
    var formState = React.useState(BLANK), form = formState[0], setForm = formState[1];
    var nowState = React.useState(""), now = nowState[0], setNow = nowState[1];
    var busyState = React.useState(false), busy = busyState[0], setBusy = busyState[1];
    var saidState = React.useState(null), said = saidState[0], setSaid = saidState[1];
    var question = props.questions.filter(function (one) { return one.name === form.question; })[0];
    function set(change) { setForm(Object.assign({}, form, change)); }
    React.useEffect(function () {
      setNow("");
      if (!form.submission || !form.question || form.withdraw) { return undefined; }
      var wanted = true;
      var wait = setTimeout(function () {
        asked("/corrections/answer.json?" + props.where + "&" + query({ submission: form.submission, question: form.question }), {}, words)
          .then(function (told) { if (wanted) { setNow(told.text || ""); } });
      }, 300);
      return function () { wanted = false; clearTimeout(wait); };
    }, [form.submission, form.question, form.withdraw]);
    function send(event) {
      event.preventDefault();
      setBusy(true);
      sent("/corrections/propose?" + props.where, Object.assign({ by: props.name }, form), words).then(function (told) {
        setBusy(false);
        setSaid(told);
        if (told.entered) { setForm(Object.assign({}, BLANK, { submission: form.submission })); props.reload(); }
      });
    }
    return h("form", { className: "panel propose", onSubmit: send }, h("h2", null, words.propose),
      h("div", { className: "fields" },
        h(Field, { label: words.submission, hint: words.submission_hint }, h("input", {
          type: "text", required: true, value: form.submission, autoComplete: "off", spellCheck: false,
          onChange: function (event) { set({ submission: event.target.value.trim() }); }
        })),
        form.withdraw ? null : h(Select, {
          label: words.question, none: words.pick_question, value: form.question,
          options: props.questions.map(function (one) { return { value: one.name, label: one.label === one.name ? one.name : one.name + " · " + one.label }; }),
          choose: function (name) { set({ question: name, value: "", missing: "" }); }
        }),
        form.withdraw || !question ? null : h(Select, {
          label: words.no_value, none: words.a_value, options: props.reasons, value: form.missing, choose: function (reason) { set({ missing: reason, value: "" }); }
        }),
        form.withdraw || form.missing ? null : h(NewValue, { question: question, words: words, value: form.value, set: function (value) { set({ value: value }); } })),
      now ? h("p", { className: "now", role: "status" }, now) : null,
      h("label", { className: "check-line" }, h("input", { type: "checkbox", checked: form.withdraw, onChange: function (event) { set({ withdraw: event.target.checked }); } }), " ", words.withdraw),
      h(Field, { label: words.reason }, h("input", { type: "text", required: true, value: form.reason, onChange: function (event) { set({ reason: event.target.value }); } })),
      h("div", { className: "buttons" }, h("button", { type: "submit", className: "button", disabled: busy }, words.send)),
      busy ? h(Working, { text: words.working }) : null,
      said ? h(Said, { bad: Boolean(said.error) || !said.entered }, h("p", null, h("b", null, said.error || said.headline)),
        said.message ? h("p", null, said.message + " " + said.remedy) : null,
        said.consequences && said.consequences.length ? h("ul", null, said.consequences.map(function (line) { return h("li", { key: line }, line); })) : null) : null);
  }

  function Import(props) {
    var words = props.words;
    var busyState = React.useState(false), busy = busyState[0], setBusy = busyState[1];
    var toldState = React.useState(null), told = toldState[0], setTold = toldState[1];
    function send(file) {
      if (!file) { return; }
      setBusy(true);
      setTold(null);
      asked("/corrections/import?" + props.where + "&" + query({ name: file.name, by: props.name }),
        { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file }, words).then(function (answer) {
        setBusy(false);
        setTold(answer);
        if (!answer.error) { props.reload(); }
      });
    }
    return h("section", { className: "panel import" }, h("h2", null, words.import),
      h("p", { id: "log-dialects" }, words.import_hint),
      h("label", { className: "button quiet choose-log" }, h("input", {
        type: "file", className: "unseen", accept: ".csv,.tsv,.txt,.xlsx,.xls,.ods", disabled: busy, "aria-describedby": "log-dialects",
        onChange: function (event) { send(event.target.files[0]); event.target.value = ""; }
      }), words.choose_log),
      busy ? h(Working, { text: words.importing }) : null,
      told && told.error ? h(Said, { bad: true }, h("p", null, told.error)) : null,
      told && told.rows ? h("div", null, h(Said, null, h("p", null, h("b", null, told.headline)),
        h("p", null, told.counts.map(function (one) { return one.label + " " + one.count; }).join(" · "))),
      h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": words.result }, h("table", { className: "log-rows" },
        h("thead", null, h("tr", null, [words.log_row, words.state, words.result].map(function (text) { return h("th", { key: text, scope: "col" }, text); }))),
        h("tbody", null, told.rows.map(function (row, number) {
          return h("tr", { key: number, className: "status-" + row.state }, h("td", null, row.place), h("td", null, h("b", null, row.status)),
            h("td", null, row.message, row.consequences.map(function (line) { return h("small", { key: line }, line); })));
        }))))) : null);
  }

  function CorrectionsPanel(props) {
    var words = props.words;
    var nameState = React.useState(remembered()), name = nameState[0], setName = nameState[1];
    var filterState = React.useState({ state: "", site: "", question: "" }), filter = filterState[0], setFilter = filterState[1];
    var toldState = React.useState(null), told = toldState[0], setTold = toldState[1];
    var chosenState = React.useState({}), chosen = chosenState[0], setChosen = chosenState[1];
    var formState = React.useState([]), questions = formState[0], setQuestions = formState[1];
    var turnState = React.useState(0), turn = turnState[0], setTurn = turnState[1];
    var where = query({ campaign: props.campaign, lang: props.language });
    React.useEffect(function () {
      var wanted = true;
      asked("/corrections/form.json?" + where, {}, words).then(function (answer) { if (wanted) { setQuestions(answer.questions || []); } });
      return function () { wanted = false; };
    }, [where]);
    React.useEffect(function () {
      var wanted = true;
      asked("/corrections.json?" + where + "&" + query(filter), {}, words).then(function (answer) { if (wanted) { setTold(answer); } });
      return function () { wanted = false; };
    }, [where, filter, turn]);
    function narrow(change) { setChosen({}); setTold(null); setFilter(Object.assign({}, filter, change)); }
    function toggle(id) { setChosen(function (old) { var next = Object.assign({}, old); next[id] = !old[id]; return next; }); }
    function chooseAll(ids, value) { var next = {}; if (value) { ids.forEach(function (id) { next[id] = true; }); } setChosen(next); }
    var picked = ((told && told.rows) || []).filter(function (row) { return chosen[row.id]; });
    var ids = picked.map(function (row) { return row.id; });
    var moves = {}; // what can be done with at least one of them
    picked.forEach(function (row) { row.moves.forEach(function (action) { moves[action] = true; }); });
    var shared = { words: words, where: where, name: name, reload: function () { setTurn(turn + 1); } };
    return h("div", { id: props.id, className: "corrections" },
      h("div", { className: "panel" },
        h("div", { className: "fields" },
          h(Field, { label: words.name, hint: words.name_hint }, h("input", {
            type: "text", value: name, autoComplete: "name", onChange: function (event) { setName(event.target.value); remember(event.target.value); }
          })),
          h(Select, { label: words.state, none: words.all, options: props.states, value: filter.state, choose: function (value) { narrow({ state: value }); } }),
          h(Select, { label: words.site, none: words.all, options: props.sites, value: filter.site, choose: function (value) { narrow({ site: value }); } }),
          h(Select, {
            label: words.question, none: words.all, value: filter.question, choose: function (value) { narrow({ question: value }); },
            options: questions.map(function (one) { return { value: one.name, label: one.name }; })
          })),
        h(Ledger, { words: words, told: told, empty: props.empty, chosen: chosen, toggle: toggle, chooseAll: chooseAll }),
        told && told.total ? h("p", { className: "export" }, h("a", { href: "/corrections/log.xlsx?" + where, download: "" }, words.export)) : null),
      told && told.total ? h(Decide, Object.assign({ ids: ids, moves: moves }, shared)) : null,
      h(Propose, Object.assign({ questions: questions, reasons: props.reasons }, shared)),
      h(Import, shared));
  }

  window.campaign_corrections = { CorrectionsPanel: CorrectionsPanel };
})();
