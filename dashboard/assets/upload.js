/* The upload page: choose, send, watch, read the verdict. Plain React, no build step; React escapes every text. */
(function () {
  "use strict";

  var h = React.createElement;
  var ASK_EVERY = 500; // milliseconds between two looks at a job

  var fill = window.campaign_asking.fill, query = window.campaign_asking.query;

  function Choice(props) {
    return h("label", { className: "choice" }, h("span", null, props.label),
      h("select", { value: props.value, disabled: props.disabled, onChange: function (event) { props.choose(event.target.value); } },
        h("option", { value: "" }, props.none),
        props.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); })));
  }

  function DropArea(props) {
    var over = React.useState(false), inside = over[0], setInside = over[1];
    function drop(event) {
      event.preventDefault();
      setInside(false);
      if (event.dataTransfer.files.length) { props.send(event.dataTransfer.files[0]); }
    }
    return h("label", {
      className: "drop" + (inside ? " inside" : "") + (props.busy ? " busy" : ""),
      onDragOver: function (event) { event.preventDefault(); setInside(true); },
      onDragLeave: function () { setInside(false); },
      onDrop: props.busy ? function (event) { event.preventDefault(); } : drop
    },
    h("input", {
      type: "file", className: "unseen", disabled: props.busy, accept: props.accept, "aria-describedby": "upload-formats",
      onChange: function (event) {
        var file = event.target.files[0];
        if (file) { props.send(file); }
        event.target.value = ""; // the same file, corrected, may be chosen again
      }
    }),
    h("b", null, props.words.drop), h("span", { className: "choose" }, props.words.choose),
    h("small", { id: "upload-formats" }, props.words.formats));
  }

  function Progress(props) {
    var percent = Math.round(props.fraction * 100);
    return h("div", { className: "under-way" },
      h("p", { role: "status" }, h("b", null, props.name), " ", props.step),
      h("div", { className: "bar-of", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent, "aria-label": props.label },
        h("span", { style: { width: percent + "%" } })));
  }

  function Cause(props) {
    var cause = props.cause, words = props.words;
    return h("li", { className: "cause" },
      h("h4", null, cause.title), h("p", { className: "fix" }, h("b", null, words.fix), " ", cause.remedy),
      cause.rows.length ? h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": cause.title }, h("table", null,
        h("thead", null, h("tr", null, h("th", { scope: "col" }, words.row), h("th", { scope: "col" }, words.line),
          h("th", { scope: "col" }, words.value), h("th", { scope: "col" }, words.wrong))),
        h("tbody", null, cause.rows.map(function (row, number) {
          return h("tr", { key: number }, h("td", { className: "number" }, row.row), h("td", { className: "number" }, row.line),
            h("td", { className: "cell" }, row.value), h("td", null, row.message));
        })))) : null,
      cause.more ? h("p", { className: "more" }, cause.more) : null);
  }

  function Causes(props) {
    if (!props.causes.length) { return null; }
    return h("section", null, h("h3", null, props.title), h("ol", { className: "causes" },
      props.causes.map(function (cause, number) { return h(Cause, { key: number, cause: cause, words: props.words }); })));
  }

  function Verdict(props) {
    var verdict = props.told.verdict, words = props.words, heading = React.useRef(null);
    React.useEffect(function () { heading.current.focus(); }, [props.told]);
    return h("section", { className: "panel verdict " + verdict.state },
      h("h2", { tabIndex: -1, ref: heading }, verdict.headline),
      h("p", { className: "file-name" }, props.name),
      verdict.counts.length ? h("dl", { className: "counts" }, verdict.counts.map(function (count) {
        return h("div", { key: count.name, className: count.name }, h("dt", null, count.label), h("dd", null, count.value));
      })) : null,
      h("p", { className: "next" }, verdict.next),
      props.told.review ? h("p", null, h("a", { className: "button", href: props.told.review }, words.review)) : null,
      verdict.left_out.length ? h("div", { className: "attention" }, h(Causes, { causes: verdict.left_out, title: words.left_out, words: words })) : null,
      props.told.questions && props.told.questions.length ? h(window.campaign_questions.Questions, {
        key: props.told.id, questions: props.told.questions, words: words, answer: props.answer
      }) : null,
      props.told.refused_rows ? h("p", null, h("a", { className: "button", href: props.told.refused_rows, download: "" }, words.workbook)) : null,
      h(Causes, { causes: verdict.causes, title: words.problems, words: words }),
      verdict.warnings.length ? h("details", { className: "disclosure" }, h("summary", null, fill(words.warnings, { count: verdict.warnings.length })),
        h(Causes, { causes: verdict.warnings, title: words.noticed, words: words })) : null);
  }

  function UploadPanel(props) {
    var words = props.words;
    var siteState = React.useState(""), site = siteState[0], setSite = siteState[1];
    var waveState = React.useState(""), wave = waveState[0], setWave = waveState[1];
    var jobState = React.useState(null), job = jobState[0], setJob = jobState[1]; // {name, step, fraction, told, error}
    var alive = React.useRef(true);
    React.useEffect(function () { return function () { alive.current = false; }; }, []);

    function change(update) {
      if (alive.current) { setJob(function (old) { return Object.assign({}, old, update); }); }
    }
    function fail(text) { change({ error: text, fraction: 1 }); }

    function ask(id, misses) {
      fetch("/upload/" + id + ".json?" + query({ lang: props.language })).then(function (reply) {
        if (!reply.ok) { throw new Error("status " + reply.status); }
        return reply.json();
      }).then(function (told) {
        if (told.state === "running") {
          change({ step: told.step, fraction: 0.5 + told.fraction / 2 });
          setTimeout(ask, ASK_EVERY, id, 0);
        } else {
          told.id = id;
          change({ told: told, fraction: 1 });
          props.setProps({ done: id });
        }
      }).catch(function () { // a weak line: keep asking, the file is already there
        if (misses > 20) { fail(words.lost); } else { setTimeout(ask, 2 * ASK_EVERY, id, misses + 1); }
      });
    }

    function send(file) {
      setJob({ name: file.name, step: words.sending, fraction: 0, file: file });
      if (file.size > props.largest) { fail(words.too_large); return; }
      var request = new XMLHttpRequest();
      request.open("POST", "/upload?" + query({ campaign: props.campaign, site: site, wave: wave, name: file.name, lang: props.language }));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = function (event) {
        if (event.lengthComputable) { change({ fraction: event.loaded / event.total / 2 }); }
      };
      request.onload = function () {
        var reply = {};
        try { reply = JSON.parse(request.responseText); } catch (_) { /* a page in between answered */ }
        if (reply.job) { change({ step: words.waiting, fraction: 0.5 }); ask(reply.job, 0); } else { fail(reply.error || words.not_sent); }
      };
      request.onerror = function () { fail(words.not_sent); };
      request.send(file);
    }

    // The file lies at the server still; only the answers travel.
    function answer(id, by, answers, failed) {
      fetch("/upload/" + id + "/answers?" + query({ lang: props.language }), {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ by: by, answers: answers })
      }).then(function (reply) { return reply.json(); }).then(function (reply) {
        if (!reply.job) { failed(reply.error || words.not_sent); return; }
        setJob(function (old) { return { name: old.name, file: old.file, step: words.waiting, fraction: 0.5 }; });
        ask(reply.job, 0);
      }).catch(function () { failed(words.not_sent); });
    }

    var busy = Boolean(job && !job.told && !job.error);
    return h("div", { id: props.id, className: "upload" },
      h("div", { className: "panel" },
        h("div", { className: "choices" },
          h(Choice, { label: words.site, none: words.site_in_file, options: props.sites, value: site, choose: setSite, disabled: busy }),
          h(Choice, { label: words.wave, none: words.wave_in_file, options: props.waves, value: wave, choose: setWave, disabled: busy })),
        h(DropArea, { words: words, busy: busy, send: send, accept: ".csv,.tsv,.txt,.xlsx,.xls,.ods,.zip,.json,.xml,.sav,.zsav,.dta,.gz" }),
        h("p", { className: "safe" }, words.safe),
        busy ? h(Progress, { name: job.name, step: job.step, fraction: job.fraction, label: words.progress }) : null),
      job && job.error ? h("div", { className: "panel verdict failed", role: "alert" }, h("h2", null, job.error),
        h("p", null, words.nothing_stored),
        h("button", { type: "button", className: "button", onClick: function () { send(job.file); } }, words.again)) : null,
      job && job.told ? h(Verdict, { told: job.told, name: job.name, words: words, answer: answer.bind(null, job.told.id) }) : null);
  }

  window.campaign_upload = { UploadPanel: UploadPanel };
})();
