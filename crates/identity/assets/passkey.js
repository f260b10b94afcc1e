// Passkeys: fills the form of the page with what the device answers, and sends it.
// The form is hidden until this runs where passkeys exist.
"use strict";
(function () {
  var form = document.getElementById("passkey");
  if (!form || !window.PublicKeyCredential) return;
  var of = form.dataset;
  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0); });
  }
  function put(name, buffer) {
    var plain = Array.from(new Uint8Array(buffer), function (byte) { return String.fromCharCode(byte); }).join("");
    form.elements[name].value = btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function key(id) { return { type: "public-key", id: bytes(id) }; }
  function make() {
    return navigator.credentials.create({ publicKey: {
      challenge: bytes(of.challenge),
      rp: { id: of.rp, name: "Hukumati" },
      user: { id: bytes(of.user), name: of.name, displayName: of.name },
      pubKeyCredParams: of.algorithms.split(" ").map(function (alg) { return { type: "public-key", alg: Number(alg) }; }),
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      excludeCredentials: of.known.split(" ").filter(Boolean).map(key),
      attestation: "none",
      timeout: 300000
    } }).then(function (made) {
      put("client_data", made.response.clientDataJSON);
      put("attestation", made.response.attestationObject);
    });
  }
  function sign() {
    return navigator.credentials.get({ publicKey: {
      challenge: bytes(of.challenge), rpId: of.rp, userVerification: "required", timeout: 300000,
      allowCredentials: (of.known || "").split(" ").filter(Boolean).map(key)
    } }).then(function (made) {
      put("credential", made.rawId);
      put("client_data", made.response.clientDataJSON);
      put("authenticator_data", made.response.authenticatorData);
      put("signature", made.response.signature);
    });
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    (of.user ? make() : sign()).then(function () { form.submit(); }, function () {
      document.getElementById("passkey-failed").hidden = false;
    });
  });
  form.hidden = false;
  // A locked desk waits for one touch.
  if (of.known && !of.user) form.querySelector("button").focus();
})();
