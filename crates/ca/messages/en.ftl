# Officers' page of certificates
desk = Desk
certificates-title = Certificates
certificates-hint = The newest 200 that the authority issued. A revoked one never holds again.
revoked = Revoked
reason = Reason
reason-key = The key may be known to others
reason-superseded = Replaced by another
reason-ceased = No longer needed
reason-withdrawn = The right to it was withdrawn
revoke = Revoke
