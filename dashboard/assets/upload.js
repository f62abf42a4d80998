/* The upload page: choose, send, watch, read the verdict. Plain React, no build step; React escapes every text. */
(function () {
  "use strict";

  var h = React.createElement;
  var STAGES = ["sending", "reading", "checking", "storing"];
  var STAGE_OF = { waiting: "reading", hashing: "reading", done: "storing" };
  var FORMATS = ".csv,.tsv,.txt,.xlsx,.xls,.ods,.zip,.json,.xml,.sav,.zsav,.dta,.gz";
  var asking = window.campaign_asking, fill = asking.fill, query = asking.query;

  function megabytes(bytes) { return (Math.floor(bytes / 104857.6) / 10).toFixed(1); }

  function Choice(props) {
    return h("label", { className: "choice" }, h("span", null, props.label),
      h("select", { value: props.value, disabled: props.disabled, onChange: function (event) { props.choose(event.target.value); } },
        h("option", { value: "" }, props.none),
        props.options.map(function (option) { return h("option", { key: option.value, value: option.value }, option.label); })));
  }

  function Name(props) {
    return h("label", { className: "choice" }, h("span", null, props.words.name),
      h("input", {
        type: "text", value: props.value, required: true, autoComplete: "name", maxLength: 120, disabled: props.disabled, ref: props.field,
        "aria-describedby": "upload-name-hint", onChange: function (event) { props.choose(event.target.value); }, onBlur: props.said,
        onKeyDown: function (event) { if (event.key === "Enter") { props.enter(); } }
      }), h("small", { id: "upload-name-hint" }, props.words.name_hint));
  }

  function DropArea(props) {
    var over = React.useState(false), inside = over[0], setInside = over[1];
    function drop(event) {
      event.preventDefault();
      setInside(false);
      if (event.dataTransfer.files.length) { props.send(event.dataTransfer.files[0]); }
    }
    return h("label", {
      className: "drop" + (inside ? " inside" : ""),
      onDragOver: function (event) { event.preventDefault(); setInside(true); },
      onDragLeave: function () { setInside(false); },
      onDrop: drop
    },
    h("input", {
      type: "file", className: "unseen", accept: FORMATS, "aria-describedby": "upload-formats",
      onChange: function (event) {
        var file = event.target.files[0];
        if (file) { props.send(file); }
        event.target.value = ""; // the same file, corrected, may be chosen again
      }
    }),
    h("b", null, props.words.drop), h("span", { className: "choose" }, props.choose),
    h("small", { id: "upload-formats" }, props.words.formats));
  }

  /* Which of the steps is under way; how much of it is done stands in the bar. */
  function Stages(props) {
    var now = STAGES.indexOf(props.stage);
    return h("ol", { className: "stages" }, STAGES.map(function (stage, place) {
      var state = place < now ? "done" : place === now ? "now" : "next";
      return h("li", { key: stage, className: state }, props.words["stage_" + stage], h("span", { className: "unseen" }, " (" + props.words["stage_" + state] + ")"));
    }));
  }

  function Progress(props) {
    var job = props.job, words = props.words, sending = job.phase === "sending";
    var share = sending ? (job.size ? job.sent / job.size : 0) : job.fraction || 0, percent = Math.floor(100 * share);
    var step = sending ? fill(words.sending, { sent: megabytes(job.sent || 0), size: megabytes(job.size || 0) }) : job.step;
    return h("div", { className: "under-way" },
      h(Stages, { stage: sending ? "sending" : STAGE_OF[job.stage] || job.stage, words: words }),
      h("p", null, h("b", null, job.name), " ", job.cancelling ? words.cancelling : step),
      h("div", { className: "bar-of", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent, "aria-valuetext": percent + "% " + step, "aria-label": words.progress },
        h("span", { style: { width: percent + "%" } })),
      h("p", { className: "cut", role: "status" }, job.cut ? words.cut : ""),
      job.storing ? null : h("button", { type: "button", className: "button quiet", disabled: Boolean(job.cancelling), onClick: props.cancel }, words.cancel));
  }

  function Notice(props) {
    return h("div", { className: "panel verdict " + (props.kind || ""), role: props.kind === "failed" ? "alert" : "status" },
      h("h2", null, props.title), props.name ? h("p", { className: "file-name" }, props.name) : null, props.text ? h("p", null, props.text) : null, props.children);
  }

  function UploadPanel(props) {
    var words = props.words;
    var siteState = React.useState(""), site = siteState[0], setSite = siteState[1];
    var waveState = React.useState(""), wave = waveState[0], setWave = waveState[1];
    var nameState = React.useState(asking.remembered), name = nameState[0], setName = nameState[1];
    var jobState = React.useState(null), job = jobState[0], setJob = jobState[1]; // what is known of the file: {phase, name, ...}
    var way = React.useRef(null), nameField = React.useRef(null);

    React.useEffect(function () {
      tellName();
      takeUp();
      return function () { if (way.current) { way.current.leave(); } };
    }, []);

    function tellName() {
      if (name.trim()) { asking.remember(name.trim()); }
      props.setProps({ name: name.trim() });
    }
    function place() {
      return { campaign: props.campaign, language: props.language, site: site, wave: wave, by: name.trim(), words: words };
    }
    function change(update) { setJob(function (old) { return Object.assign({}, old, update); }); }
    function hear(update) {
      if (update.arriving) { waits(update.arriving); return; }
      if (update.told) {
        change({ phase: "told", told: update.told, name: update.told.name });
        props.setProps({ done: update.told.id });
        return;
      }
      var phase = ["error", "lost", "cancelled"].filter(function (key) { return update[key]; })[0];
      change(Object.assign({}, update, phase ? { phase: phase } : update.stage ? { phase: "judging" } : {}));
    }
    function along() {
      if (way.current) { way.current.leave(); }
      way.current = new window.campaign_sending.Way(place(), hear);
      return way.current;
    }

    /* After a reload: the file of this tab, or one that this browser has not sent in full. */
    function takeUp() {
      var sending = window.campaign_sending, here = sending.here(props.campaign), before = here || sending.unfinished(props.campaign)[0];
      if (!before) { return; }
      way.current = new sending.Way(place(), function (update) {
        if (update.lost && !here) { sending.finished(before); return; }
        hear(update);
      });
      way.current.find(before);
    }
    function waits(told) {
      setSite(told.site);
      setWave(told.wave);
      setJob({ phase: "unfinished", name: told.name, sent: told.offset, size: told.size });
    }

    function send(file) {
      if (file.size > props.largest) { setJob({ phase: "error", name: file.name, error: words.too_large }); return; }
      if (!name.trim()) {
        setJob({ phase: "named", name: file.name, file: file });
        if (nameField.current) { nameField.current.focus(); }
        return;
      }
      tellName();
      window.campaign_sending.forget(props.campaign);
      setJob({ phase: "sending", name: file.name, file: file, sent: 0, size: file.size });
      along().send(file);
    }
    function cancel() { change({ cancelling: true }); way.current.cancel(); }

    // The file lies at the server still; only the answers travel.
    function answer(id, answers, failed) {
      asking.sent("/upload/" + id + "/answers?" + query({ lang: props.language }), { by: name.trim(), answers: answers }, { failed: words.not_sent }).then(function (reply) {
        if (!reply.job) { failed(reply.error); return; }
        setJob(function (old) { return { phase: "judging", name: old.name, step: words.waiting, stage: "waiting", fraction: 0 }; });
        along().watch(reply.job);
      });
    }
    function undo(id) {
      return asking.sent("/upload/" + id + "/undo?" + query({ lang: props.language }), { by: name.trim() }, { failed: words.not_sent }).then(function (reply) {
        if (reply.done) { props.setProps({ done: id + " undone" }); }
        return reply;
      });
    }

    var phase = job ? job.phase : "", busy = phase === "sending" || phase === "judging";
    return h("div", { id: props.id, className: "upload" },
      h("div", { className: "panel" },
        h("div", { className: "choices" },
          h(Choice, { label: words.site, none: words.site_in_file, options: props.sites, value: site, choose: setSite, disabled: busy }),
          h(Choice, { label: words.wave, none: words.wave_in_file, options: props.waves, value: wave, choose: setWave, disabled: busy }),
          h(Name, {
            words: words, value: name, choose: setName, disabled: busy, field: nameField, said: tellName,
            enter: function () { if (phase === "named") { send(job.file); } else { tellName(); } }
          })),
        phase === "named" ? h("div", { className: "first", role: "alert" }, h("p", null, fill(words.name_first, { file: job.name })),
          h("button", { type: "button", className: "button", onClick: function () { send(job.file); } }, words.send)) : null,
        phase === "unfinished" ? h("div", { className: "first", role: "status" },
          h("p", null, h("b", null, fill(words.unfinished, { file: job.name, sent: megabytes(job.sent), size: megabytes(job.size) })), " ", words.unfinished_next),
          h("button", { type: "button", className: "button quiet", onClick: cancel }, words.unfinished_drop)) : null,
        busy ? h(Progress, { job: job, words: words, cancel: cancel }) : h(React.Fragment, null,
          h(DropArea, { words: words, send: send, choose: phase === "unfinished" ? words.unfinished_choose : words.choose }),
          h("p", { className: "safe" }, words.safe))),
      phase === "error" ? h(Notice, { kind: "failed", title: words.not_taken, name: job.name, text: job.error },
        job.file ? h("button", { type: "button", className: "button", onClick: function () { send(job.file); } }, words.again) : null) : null,
      phase === "cancelled" ? h(Notice, { kind: "cancelled", title: words.cancelled, text: words.cancelled_next }) : null,
      phase === "lost" ? h(Notice, { title: words.lost }) : null,
      phase === "told" ? h(window.campaign_verdict.Verdict, {
        told: job.told, name: job.name, by: name.trim(), words: words, answer: answer.bind(null, job.told.id), undo: undo.bind(null, job.told.id)
      }) : null);
  }

  window.campaign_upload = { UploadPanel: UploadPanel };
})();
