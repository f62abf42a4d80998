/* What became of a file: the verdict, its numbers, the problems by cause, and what can be done about it. */
(function () {
  "use strict";

  var h = React.createElement;
  var fill = window.campaign_asking.fill;

  var SHOWN = 8; // causes to begin with: who mends these often mends the others
  var UNFOLDED = 3; // causes whose first rows are shown at once

  function Rows(props) {
    var cause = props.cause, words = props.words;
    return h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": cause.title }, h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, words.row), h("th", { scope: "col" }, words.line),
        h("th", { scope: "col" }, words.value), cause.what ? null : h("th", { scope: "col" }, words.wrong))),
      h("tbody", null, cause.rows.map(function (row, number) {
        return h("tr", { key: number }, h("td", { className: "number" }, row.row), h("td", { className: "number" }, row.line),
          h("td", { className: "cell" }, row.value), cause.what ? null : h("td", null, row.message));
      }))));
  }

  function Cause(props) {
    var cause = props.cause, words = props.words;
    var rows = cause.rows.length ? h(Rows, { cause: cause, words: words }) : null;
    return h("li", { className: "cause" },
      h("h4", null, cause.title), cause.what ? h("p", null, cause.what) : null,
      h("p", { className: "fix" }, h("b", null, words.fix), " ", cause.remedy),
      rows && props.folded ? h("details", { className: "disclosure" }, h("summary", null, words.first_rows), rows) : rows,
      cause.more ? h("p", { className: "more" }, cause.more) : null);
  }

  function Causes(props) {
    var words = props.words, first = props.causes.slice(0, SHOWN), others = props.causes.slice(SHOWN);
    function list(causes, from) {
      return h("ol", { className: "causes", start: from + 1 }, causes.map(function (cause, number) {
        return h(Cause, { key: number, cause: cause, words: words, folded: from + number >= UNFOLDED });
      }));
    }
    if (!first.length) { return null; }
    return h("section", null, h("h3", null, props.title), list(first, 0),
      others.length ? h("details", { className: "disclosure" }, h("summary", null, fill(words.more_causes, { count: others.length })), list(others, SHOWN)) : null);
  }

  function Workbook(props) {
    if (props.told.refused_rows) {
      return h("p", null, h("a", { className: "button", href: props.told.refused_rows, download: "" }, props.words.workbook));
    }
    return props.told.writing ? h("p", { className: "more", role: "status" }, props.words.writing) : null;
  }

  /* Nothing is lost by it: what is taken back can be brought back. */
  function Undo(props) {
    var state = React.useState({}), undone = state[0], setUndone = state[1];
    function press() {
      setUndone({ busy: true });
      props.undo().then(function (reply) { setUndone({ said: reply.done || reply.error, bad: !reply.done }); });
    }
    if (!props.told.undo) { return null; }
    return undone.said
      ? h("p", { role: "status", className: "said" + (undone.bad ? " bad" : "") }, undone.said)
      : h("p", null, h("button", { type: "button", className: "button quiet", disabled: Boolean(undone.busy), onClick: press }, props.words.undo));
  }

  function Verdict(props) {
    var told = props.told, verdict = told.verdict, words = props.words, heading = React.useRef(null);
    React.useEffect(function () { heading.current.focus(); }, [told.id]);
    return h("section", { className: "panel verdict " + verdict.state },
      h("h2", { tabIndex: -1, ref: heading }, verdict.headline),
      h("p", { className: "file-name" }, props.name),
      verdict.counts.length ? h("dl", { className: "counts" }, verdict.counts.map(function (count) {
        return h("div", { key: count.name, className: count.name }, h("dt", null, count.label), h("dd", null, count.value));
      })) : null,
      h("p", { className: "next" }, verdict.next),
      told.review ? h("p", null, h("a", { className: "button", href: told.review }, words.review)) : null,
      verdict.left_out.length ? h("div", { className: "attention" }, h(Causes, { causes: verdict.left_out, title: words.left_out, words: words })) : null,
      told.questions && told.questions.length ? h(window.campaign_questions.Questions, {
        key: told.id, questions: told.questions, words: words, by: props.by, answer: props.answer
      }) : null,
      h(Workbook, { told: told, words: words }),
      h(Causes, { causes: verdict.causes, title: words.problems, words: words }),
      verdict.warnings.length ? h("details", { className: "disclosure" }, h("summary", null, fill(words.warnings, { count: verdict.warnings.length })),
        h(Causes, { causes: verdict.warnings, title: words.noticed, words: words })) : null,
      h(Undo, { key: "undo " + told.id, told: told, words: words, undo: props.undo }));
  }

  window.campaign_verdict = { Verdict: Verdict };
})();
