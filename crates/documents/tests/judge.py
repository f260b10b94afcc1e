"""pyHanko's verdict on a sealed PDF: offline, one trusted root. What proves that
no certificate was revoked comes from the file alone (its /DSS), and each
certificate must be proven; or, if a list is given, from that list alone, as for
somebody who asks today. Prints the verdict as JSON.

Arguments: PDF, root (DER), and perhaps a list of revoked certificates (DER).
"""

import io
import json
import sys

from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

pdf, root, *lists = (open(path, "rb").read() for path in sys.argv[1:])
trusted = {"trust_roots": [x509.Certificate.load(root)], "allow_fetching": False}


def context(reader):
    if lists:
        revoked = [crl.CertificateList.load(one) for one in lists]
        return ValidationContext(**trusted, crls=revoked, revocation_mode="hard-fail")
    store = DocumentSecurityStore.read_dss(reader)
    return store.as_validation_context({**trusted, "revocation_mode": "require"})


verdict = {"sealed": False, "intact": False, "valid": False, "trusted": False, "covers": "NOTHING", "changed": "unknown"}
try:
    reader = PdfFileReader(io.BytesIO(pdf))
    signature = reader.embedded_signatures[-1]
    status = validate_pdf_signature(signature, context(reader), ts_validation_context=context(reader))
    verdict = {
        "sealed": True,
        "intact": status.intact,
        "valid": status.valid,
        "trusted": status.trusted,
        "covers": status.coverage.name,
        "changed": status.modification_level.name,
        "stamped": status.timestamp_validity is not None and status.timestamp_validity.trusted,
        "extensions": sorted(reader.root.get("/Extensions", {})),
        "contact": signature.sig_object.get("/ContactInfo"),
    }
except Exception as error:  # A file that cannot be read is a refusal too.
    verdict["error"] = f"{type(error).__name__}: {error}"
print(json.dumps(verdict))
