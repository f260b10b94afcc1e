"""pyHanko's verdict on sealed PDFs: offline, one trusted root. What proves that
no certificate was revoked comes from each file alone (its /DSS), and each
certificate must be proven; or, if a list is given, from that list alone, as for
somebody who asks today. Prints the verdict as JSON.

Arguments: a PDF, root (DER), and perhaps a list of revoked certificates (DER); or a
folder and the root: then each PDF in it is judged as of the minute of its seal, and
verdicts are printed by file name.
"""

import datetime
import io
import json
import pathlib
import sys

from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

place, root, *lists = (pathlib.Path(path) for path in sys.argv[1:])
ROOT = x509.Certificate.load(root.read_bytes())
LISTS = [crl.CertificateList.load(path.read_bytes()) for path in lists]


def context(reader, moment):
    trusted = {"trust_roots": [ROOT], "allow_fetching": False}
    if moment:
        trusted["moment"] = moment
    if LISTS:
        return ValidationContext(**trusted, crls=LISTS, revocation_mode="hard-fail")
    store = DocumentSecurityStore.read_dss(reader)
    return store.as_validation_context({**trusted, "revocation_mode": "require"})


def judged(pdf, at_its_seal):
    none = {"sealed": False, "intact": False, "valid": False, "trusted": False}
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signature = reader.embedded_signatures[-1]
        minute = datetime.timedelta(seconds=30)
        moment = signature.self_reported_timestamp + minute if at_its_seal else None
        contexts = context(reader, moment), context(reader, moment)
        status = validate_pdf_signature(signature, contexts[0], ts_validation_context=contexts[1])
        return {
            "sealed": True,
            "intact": status.intact,
            "valid": status.valid,
            "trusted": status.trusted,
            "covers": status.coverage.name,
            "changed": status.modification_level.name,
            "stamped": status.timestamp_validity is not None and status.timestamp_validity.trusted,
            "extensions": sorted(reader.root.get("/Extensions", {})),
            "contact": signature.sig_object.get("/ContactInfo"),
            "kind": signature.sig_object.get("/SubFilter"),
            "proven": sorted(reader.root["/DSS"]) if "/DSS" in reader.root else [],
        }
    except Exception as error:  # A file that cannot be read is a refusal too.
        return {**none, "covers": "NOTHING", "changed": "unknown", "error": f"{type(error).__name__}: {error}"}


if place.is_dir():
    print(json.dumps({path.name: judged(path.read_bytes(), True) for path in sorted(place.glob("*.pdf"))}))
else:
    print(json.dumps(judged(place.read_bytes(), False)))
