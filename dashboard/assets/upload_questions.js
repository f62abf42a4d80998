/* What a file leaves open: questions under the verdict, their answers, and how it was read where somebody answered before. */
(function () {
  "use strict";

  var h = React.createElement;
  var fill = window.campaign_asking.fill;

  function Choices(props) {
    var doubt = props.doubt;
    return h("fieldset", { className: "question" },
      h("legend", null, doubt.about),
      doubt.sheet ? h("p", { className: "only" }, fill(props.words.asked_only_sheet, { sheet: doubt.sheet })) : null,
      doubt.options.map(function (option) {
        return h("label", { key: option.value, className: "option" },
          h("input", {
            type: "radio", name: doubt.id, value: option.value, checked: props.answers[doubt.id] === option.value,
            onChange: function () { props.say(doubt.id, option.value); }
          }), h("span", null, option.label));
      }),
      doubt.kind === "missing" && doubt.places.length > 1 ? h(OneByOne, props) : null);
  }

  function OneByOne(props) {
    var doubt = props.doubt, words = props.words;
    return h("details", { className: "disclosure" }, h("summary", null, words.asked_one_by_one),
      doubt.places.map(function (place) {
        return h("label", { key: place.id, className: "choice" }, h("span", null, place.name + " (" + place.count + ")"),
          h("select", { value: props.answers[place.id] || "", onChange: function (event) { props.say(place.id, event.target.value); } },
            h("option", { value: "" }, words.asked_as_above),
            doubt.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); })));
      }));
  }

  function ColumnRow(props) {
    var column = props.column, words = props.words, secret = column.why === "identifier", id = "column-" + props.number;
    return h("tr", null,
      h("th", { scope: "row", "data-label": words.asked_column }, h("label", { htmlFor: id }, column.column)),
      h("td", { "data-label": words.asked_content }, column.shape),
      h("td", { "data-label": words.asked_question }, h("select", {
        id: id, disabled: secret, value: props.value, onChange: function (event) { props.choose(event.target.value); }
      }, h("option", { value: "" }, secret ? words.asked_never_stored : words.asked_leave_out),
        props.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); }))),
      h("td", { "data-label": words.asked_why }, column.reason,
        column.strength && column.why !== "confirmed" ? h("small", null, " " + fill(words.asked_strength, { percent: Math.round(100 * column.strength) })) : null));
  }

  function Columns(props) {
    var doubt = props.doubt, words = props.words, map = props.map;
    return h("fieldset", { className: "question" },
      h("legend", null, doubt.about),
      h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": words.asked_question }, h("table", { className: "column-map" },
        h("thead", null, h("tr", null, [words.asked_column, words.asked_content, words.asked_question, words.asked_why].map(function (title) {
          return h("th", { key: title, scope: "col" }, title);
        }))),
        h("tbody", null, doubt.columns.map(function (column, number) {
          return h(ColumnRow, {
            key: number, number: number, column: column, words: words, options: doubt.options, value: map.now[column.column] || "",
            choose: function (question) { props.choose(column.column, question); }
          });
        })))),
      h("p", null, h("button", { type: "button", className: "button quiet", disabled: !map.before.length, onClick: props.undo }, words.asked_undo)),
      h("label", { className: "option" },
        h("input", { type: "checkbox", checked: map.confirmed, onChange: function (event) { props.confirm(event.target.checked); } }),
        h("span", null, words.asked_confirm)));
  }

  function Settled(props) {
    return h("details", { className: "disclosure settled" },
      h("summary", null, props.doubt.settled, " ", h("span", { className: "change" }, props.words.asked_change)),
      props.children);
  }

  function suggested(questions) {
    var now = {};
    questions.forEach(function (doubt) {
      (doubt.columns || []).forEach(function (column) { now[column.column] = column.question || ""; });
    });
    return { now: now, before: [], confirmed: false };
  }

  function Questions(props) {
    var words = props.words, questions = props.questions;
    var answerState = React.useState({}), answers = answerState[0], setAnswers = answerState[1];
    var mapState = React.useState(function () { return suggested(questions); }), map = mapState[0], setMap = mapState[1];
    var errorState = React.useState(""), error = errorState[0], setError = errorState[1];
    var open = questions.filter(function (doubt) { return !doubt.settled; });
    var settled = questions.filter(function (doubt) { return doubt.settled; });
    var asksColumns = open.some(function (doubt) { return doubt.kind === "columns" && doubt.blocking; });

    function say(key, value) {
      setAnswers(function (old) { var now = Object.assign({}, old); now[key] = value; return now; });
    }
    function choose(column, question) {
      setMap(function (old) {
        var now = Object.assign({}, old.now);
        now[column] = question;
        return { now: now, before: old.before.concat([old.now]), confirmed: false };
      });
    }
    function undo() {
      setMap(function (old) { return { now: old.before[old.before.length - 1], before: old.before.slice(0, -1), confirmed: false }; });
    }
    function confirm(yes) {
      setMap(function (old) { return Object.assign({}, old, { confirmed: yes }); });
    }
    function given() {
      var all = {};
      Object.keys(answers).forEach(function (key) { if (answers[key]) { all[key] = answers[key]; } });
      if (map.confirmed) { Object.keys(map.now).forEach(function (column) { all["column:" + column] = map.now[column]; }); }
      return all;
    }
    function send(event) {
      event.preventDefault();
      var all = given();
      if (asksColumns && !map.confirmed) { setError(words.asked_confirm_missing); return; }
      if (!Object.keys(all).length) { setError(words.asked_answer_missing); return; }
      if (!props.by) { setError(words.name_missing); return; }
      setError("");
      props.answer(all, setError);
    }
    function drawn(doubt) {
      if (doubt.sheet && answers.sheet !== doubt.sheet) { return null; }
      var common = { key: doubt.id, doubt: doubt, words: words };
      return doubt.kind === "columns"
        ? h(Columns, Object.assign(common, { map: map, choose: choose, undo: undo, confirm: confirm }))
        : h(Choices, Object.assign(common, { answers: Object.assign(before(doubt), answers), say: say }));
    }
    function before(doubt) { var said = {}; if (doubt.answer) { said[doubt.id] = doubt.answer; } return said; }

    return h("form", { className: "questions", onSubmit: send, noValidate: true },
      open.length ? h("h3", null, words.asked_title) : null,
      open.length ? h("p", { className: "more" }, words.asked_lead) : null,
      open.map(drawn),
      settled.length ? h("h3", null, words.asked_settled_title) : null,
      settled.map(function (doubt) { return h(Settled, { key: doubt.id, doubt: doubt, words: words }, drawn(doubt)); }),
      h("div", { className: "signature" + (open.length || Object.keys(given()).length ? "" : " unseen-until-changed") },
        h("button", { type: "submit", className: "button" }, words.asked_send)),
      error ? h("p", { role: "alert", className: "error" }, error) : null);
  }

  window.campaign_questions = { Questions: Questions };
})();
