/* Every figure of the pages: drawn from one value (dashboard/figure_spec.py), the same that makes its files. Plain React. */
(function () {
  "use strict";

  var h = React.createElement;

  function percent(value) { return value.toFixed(3) + "%"; }
  function place(value, scale) {
    return Math.min(Math.max(((value - scale.low) / (scale.high - scale.low)) * 100, 0), 100);
  }

  function shape(mark) {
    var name = mark.weak ? "marker hollow" : "marker";
    if (mark.form === "cross") { return h("path", { className: "marker cross", d: "M-5,-5 L5,5 M-5,5 L5,-5" }); }
    if (mark.form === "tick") { return h("path", { className: "marker cross", d: "M0,-8 L0,8" }); }
    if (mark.form === "diamond" || mark.look === "comparison") { return h("path", { className: name, d: "M-6.5,0 L0,-6.5 L6.5,0 L0,6.5 Z" }); }
    if (mark.look === "origin") { return h("rect", { className: name, x: -5.5, y: -5.5, width: 11, height: 11 }); }
    if (mark.look === "destination") { return h("polygon", { className: name, points: "0,-7 7,5.5 -7,5.5" }); }
    return h("circle", { className: name, r: 5.8 });
  }

  function Grid(scale) {
    var parts = scale.ticks.map(function (tick) {
      var x = percent(place(tick, scale));
      return h("line", { key: tick, x1: x, x2: x, y1: "0", y2: "100%", className: scale.zero && tick === 0 ? "zero" : "gridline" });
    });
    if (scale.band) {
      var low = place(scale.band[0], scale), high = place(scale.band[1], scale);
      parts.unshift(h("rect", { key: "band", className: "band", x: percent(low), width: percent(high - low), y: "0", height: "100%" }));
    }
    return parts;
  }

  function Drawn(props) {
    var scale = props.scale, marks = props.row.marks, parts = [];
    marks.forEach(function (mark, index) {
      var offset = (index - (marks.length - 1) / 2) * 16;
      var at = percent(place(mark.estimate, scale)), y = "calc(50% + " + offset + "px)";
      var inner = [];
      if (mark.form === "bar") {
        var from = place(Math.max(0, scale.low), scale), to = place(mark.estimate, scale);
        inner.push(h("rect", { key: "bar", className: "figure-bar", x: percent(Math.min(from, to)), width: percent(Math.max(Math.abs(to - from), 0.3)), y: -5, height: 10 }));
      } else {
        if (mark.low !== null && mark.high !== null) {
          inner.push(h("line", { key: "interval", x1: percent(place(mark.low, scale)), x2: percent(place(mark.high, scale)), y1: 0, y2: 0,
            className: mark.weak || mark.form === "cross" ? "interval dashed" : "interval" }));
        }
        inner.push(h("svg", { key: "at", x: at, y: 0, overflow: "visible" }, shape(mark)));
      }
      parts.push(h("svg", { key: index, className: "look-" + mark.look, x: 0, y: "50%", width: "100%", overflow: "visible" },
        h("g", { transform: "translate(0," + offset + ")" }, inner)));
    });
    return h("svg", { className: "plot", width: "100%", height: "100%", "aria-hidden": true }, Grid(scale), parts);
  }

  function Scale(props) {
    var scale = props.scale;
    return h("div", { className: "scale", dir: "ltr" },
      h("div", { className: "ends" }, h("span", null, scale.at_ends[0]), h("span", null, scale.at_ends[1])),
      h("div", { className: "ticks" }, scale.ticks.map(function (tick, index) {
        return h("span", { key: tick, className: scale.zero && tick === 0 ? "tick zero" : "tick", style: { insetInlineStart: percent(place(tick, scale)) } }, scale.labels[index]);
      })));
  }

  function Row(props) {
    var row = props.row, spec = props.spec, width = spec.columns.length + (spec.scale ? 1 : 0);
    var name = h("th", { scope: "row", role: "rowheader", className: "name" },
      row.href ? h("a", { href: row.href }, row.name) : row.name,
      row.note ? h("span", { className: "note" }, row.note) : null);
    if (row.reason) {
      return h("tr", { role: "row", className: "row gap" }, name,
        h("td", { role: "cell", className: "reason", colSpan: width }, row.reason, row.remedy ? h("span", { className: "remedy" }, row.remedy) : null));
    }
    var cells = row.cells.map(function (text, index) {
      return h("td", { role: "cell", key: index, className: "cell" + (index === 0 ? " first" : ""), "data-label": spec.columns[index] }, text);
    });
    return h("tr", { role: "row", className: "row" + (row.tone ? " tone-" + row.tone : "") }, name,
      spec.scale ? h("td", { role: "cell", className: "cell-plot", dir: "ltr", style: { height: Math.max(38, row.marks.length * 16 + 14) + "px" } },
        h(Drawn, { row: row, scale: spec.scale })) : null,
      cells);
  }

  function Rows(props) {
    var spec = props.spec, width = spec.columns.length + 1 + (spec.scale ? 1 : 0);
    return h("table", { role: "table", className: "figure-rows" + (spec.scale ? " with-plot" : "") },
      h("caption", { className: "unseen" }, spec.subtitle),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
        h("th", { role: "columnheader", scope: "col", className: "name" }, spec.first),
        spec.scale ? h("th", { role: "columnheader", scope: "col", className: "cell-plot" },
          h("span", { className: "unseen" }, spec.words.drawn), h(Scale, { scale: spec.scale })) : null,
        spec.columns.map(function (text, index) {
          return h("th", { role: "columnheader", scope: "col", key: index, className: "cell" + (index === 0 ? " first" : "") }, text);
        }))),
      spec.groups.map(function (group, index) {
        return h("tbody", { role: "rowgroup", key: index },
          group.title ? h("tr", { role: "row", className: "group" },
            h("th", { role: "columnheader", scope: "rowgroup", colSpan: width },
              h("span", { className: "group-title" }, group.title), group.note ? h("span", { className: "audience" }, group.note) : null)) : null,
          group.rows.map(function (row, at) { return h(Row, { key: at, row: row, spec: spec }); }));
      }));
  }

  function Lanes(props) {
    return h("div", { className: "lanes" }, props.lanes.map(function (lane, index) {
      return h("section", { key: index, className: "lane look-" + lane.look, "aria-label": lane.title },
        h("h3", null, lane.title),
        lane.reason ? h("p", { className: "lane-reason" }, lane.reason) : null,
        h("ol", null, lane.boxes.map(function (box, at) {
          return h("li", { key: at },
            at || box.aside.length ? h("div", { className: "aside" }, box.aside.map(function (text) { return h("p", { key: text }, text); })) : null,
            h("div", { className: "box" }, h("p", { className: "box-title" }, box.title), h("p", { className: "box-count" }, box.count),
              box.details.map(function (text) { return h("p", { key: text, className: "box-detail" }, text); })));
        })));
    }));
  }

  function Legend(props) {
    if (!props.keys.length) { return null; }
    return h("ul", { className: "legend" }, props.keys.map(function (key) {
      return h("li", { key: key.text, className: "look-" + key.look },
        h("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": true },
          key.form === "bar" ? h("rect", { className: "figure-bar", x: -8, y: -5, width: 16, height: 10 }) : shape({ look: key.look, form: key.form, weak: false })),
        key.text);
    }));
  }

  function Plain(props) {
    var table = props.spec.table;
    return h("div", { className: "plain", tabIndex: 0, role: "region", "aria-label": props.spec.words.as_table + ": " + props.spec.headline },
      h("table", null, h("caption", null, props.spec.subtitle),
        h("thead", null, h("tr", null, table.head.map(function (text, index) { return h("th", { key: index, scope: "col" }, text); }))),
        h("tbody", null, table.body.map(function (row, index) {
          return h("tr", { key: index }, row.map(function (text, at) { return h("td", { key: at }, text); }));
        }))));
  }

  /* The picture in pixels: the file of the figure, painted by the browser; nothing but this server is asked. */
  function asPicture(address, name) {
    return fetch(address).then(function (reply) {
      if (!reply.ok) { throw new Error(String(reply.status)); }
      return reply.text();
    }).then(function (text) {
      return new Promise(function (resolve, reject) {
        var picture = new Image(), file = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
        picture.onload = function () {
          var canvas = document.createElement("canvas");
          canvas.width = picture.naturalWidth * 2; canvas.height = picture.naturalHeight * 2;
          canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
          URL.revokeObjectURL(file);
          canvas.toBlob(function (blob) { return blob ? resolve(blob) : reject(new Error("blob")); }, "image/png");
        };
        picture.onerror = function () { URL.revokeObjectURL(file); reject(new Error("svg")); };
        picture.src = file;
      });
    }).then(function (blob) {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(blob); link.download = name + ".png";
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
    });
  }

  function copy(text) {
    return navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("clipboard"));
  }

  function Actions(props) {
    var spec = props.spec, words = spec.words, said = React.useState("");
    function tell(promise, good, bad) {
      promise.then(function () { said[1](good); }, function () { said[1](bad); });
    }
    function address() { return window.location.origin + window.location.pathname + (window.location.search || "") + "#" + props.id; }
    function file(kind) { return spec.files[kind] + (spec.query ? "?" + spec.query : ""); }
    return h("div", { className: "actions" },
      h("button", { type: "button", onClick: function () { tell(copy(address()), words.copied, address()); } }, words.copy_link),
      h("button", { type: "button", onClick: function () {
        var text = spec.cite + " " + address();
        tell(copy(text), words.cited + " " + text, text);
      } }, words.cite),
      h("details", { className: "downloads" }, h("summary", null, words.download),
        h("div", null,
          h("button", { type: "button", onClick: function () { tell(asPicture(file("svg"), props.id), "", words.picture_failed); } }, words.png),
          ["svg", "csv", "py"].map(function (kind) { return h("a", { key: kind, href: file(kind) }, words[kind]); }))),
      h("span", { className: "said", role: "status" }, said[0]));
  }

  function Figure(props) {
    var spec = props.spec, id = props.id;
    return h("figure", { id: id, className: "panel figure", "aria-labelledby": id + "-title" },
      h("figcaption", null, h("h2", { id: id + "-title" }, spec.headline), h("p", { className: "subtitle" }, spec.subtitle)),
      spec.lanes.length ? h(Lanes, { lanes: spec.lanes }) : h(Rows, { spec: spec }),
      h(Legend, { keys: spec.legend }),
      spec.notes.map(function (text) { return h("p", { key: text, className: "change-note" }, text); }),
      h("details", { className: "disclosure how-to-read" }, h("summary", null, spec.words.how_to_read),
        h("ul", null, spec.how_to_read.map(function (text) { return h("li", { key: text }, text); }))),
      h("details", { className: "disclosure as-table" }, h("summary", null, spec.words.as_table), h(Plain, { spec: spec })),
      h("div", { className: "panel-foot" }, h("p", { className: "source" }, spec.source.join("\n")), h(Actions, { spec: spec, id: id })));
  }

  /* A list and a button: choosing with the keyboard goes nowhere by itself. */
  function GoTo(props) {
    var start = props.options.filter(function (option) { return option.chosen; })[0] || props.options[0];
    var at = React.useState(start.value);
    React.useEffect(function () { at[1](start.value); }, [start.value]);
    return h("form", { id: props.id, className: "goto", onSubmit: function (event) { event.preventDefault(); window.location.assign(at[0]); } },
      h("label", null, h("span", null, props.label),
        h("select", { value: at[0], onChange: function (event) { at[1](event.target.value); } }, props.options.map(function (option) {
          return h("option", { key: option.value, value: option.value }, option.label);
        }))),
      h("button", { type: "submit" }, props.show, h("span", { className: "unseen" }, ": " + props.label)));
  }

  window.campaign_ui = Object.assign(window.campaign_ui || {}, { Figure: Figure, GoTo: GoTo });
})();
