// A certificate request from a file: its text goes where it can also be pasted.
"use strict";
(function () {
  var row = document.getElementById("file-row");
  var text = document.getElementById("request");
  if (!row || !text || !window.FileReader) return;
  var file = row.querySelector("input");
  row.hidden = false;
  file.addEventListener("change", function () {
    // Longer than any request: not read at all.
    if (!file.files.length || file.files[0].size > text.maxLength) { text.value = ""; return; }
    var reader = new FileReader();
    reader.onload = function () { text.value = reader.result; };
    reader.readAsText(file.files[0]);
  });
})();
