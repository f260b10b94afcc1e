# Officers' page of certificates
desk = Desk
certificates-title = Certificates
certificates-hint = The newest 200 that the authority issued. A revoked one never holds again.
revoked = Revoked
reason = Reason
reason-key = Key may be exposed
reason-superseded = Replaced by another
reason-ceased = No longer needed
reason-withdrawn = The right to it was withdrawn
revoke = Revoke
profile-tls-peer = Security server connection
profile-message-signing = Message signing
profile-tls-client = Client connection
profile-tls-server = Web server
profile-document-seal = Document seal
