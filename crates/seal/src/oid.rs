//! Object identifiers as content octets, each with its dotted form beside it;
//! a test compares the two.

macro_rules! oids {
    ($($(#[$meta:meta])* $name:ident = $dotted:literal $bytes:expr;)*) => {
        $($(#[$meta])* pub const $name: &[u8] = &$bytes;)*
        #[cfg(test)]
        const ALL: &[(&str, &[u8])] = &[$(($dotted, $name)),*];
    };
}

oids! {
    /// `id-ecPublicKey`
    EC_PUBLIC_KEY = "1.2.840.10045.2.1" [42, 134, 72, 206, 61, 2, 1];
    /// `secp256r1`
    P256 = "1.2.840.10045.3.1.7" [42, 134, 72, 206, 61, 3, 1, 7];
    /// `secp384r1`
    P384 = "1.3.132.0.34" [43, 129, 4, 0, 34];
    /// `ecdsa-with-SHA256`
    ECDSA_SHA256 = "1.2.840.10045.4.3.2" [42, 134, 72, 206, 61, 4, 3, 2];
    /// `ecdsa-with-SHA384`
    ECDSA_SHA384 = "1.2.840.10045.4.3.3" [42, 134, 72, 206, 61, 4, 3, 3];
    /// `ecdsa-with-SHA512`
    ECDSA_SHA512 = "1.2.840.10045.4.3.4" [42, 134, 72, 206, 61, 4, 3, 4];
    /// `id-Ed25519`
    ED25519 = "1.3.101.112" [43, 101, 112];
    /// `rsaEncryption`
    RSA = "1.2.840.113549.1.1.1" [42, 134, 72, 134, 247, 13, 1, 1, 1];
    /// `sha256WithRSAEncryption`
    RSA_SHA256 = "1.2.840.113549.1.1.11" [42, 134, 72, 134, 247, 13, 1, 1, 11];
    /// `sha384WithRSAEncryption`
    RSA_SHA384 = "1.2.840.113549.1.1.12" [42, 134, 72, 134, 247, 13, 1, 1, 12];
    /// `sha512WithRSAEncryption`
    RSA_SHA512 = "1.2.840.113549.1.1.13" [42, 134, 72, 134, 247, 13, 1, 1, 13];
    /// `id-sha1`, as a name in `CertID` only
    SHA1 = "1.3.14.3.2.26" [43, 14, 3, 2, 26];
    /// `id-sha256`
    SHA256 = "2.16.840.1.101.3.4.2.1" [96, 134, 72, 1, 101, 3, 4, 2, 1];
    /// `id-sha384`
    SHA384 = "2.16.840.1.101.3.4.2.2" [96, 134, 72, 1, 101, 3, 4, 2, 2];
    /// `id-sha512`
    SHA512 = "2.16.840.1.101.3.4.2.3" [96, 134, 72, 1, 101, 3, 4, 2, 3];
    /// `id-at-commonName`
    COMMON_NAME = "2.5.4.3" [85, 4, 3];
    /// `id-at-surname`
    SURNAME = "2.5.4.4" [85, 4, 4];
    /// `id-at-serialNumber`
    SERIAL_NUMBER = "2.5.4.5" [85, 4, 5];
    /// `id-at-countryName`
    COUNTRY = "2.5.4.6" [85, 4, 6];
    /// `id-at-localityName`
    LOCALITY = "2.5.4.7" [85, 4, 7];
    /// `id-at-stateOrProvinceName`
    STATE = "2.5.4.8" [85, 4, 8];
    /// `id-at-organizationName`
    ORGANIZATION = "2.5.4.10" [85, 4, 10];
    /// `id-at-organizationalUnitName`
    ORGANIZATIONAL_UNIT = "2.5.4.11" [85, 4, 11];
    /// `id-at-givenName`
    GIVEN_NAME = "2.5.4.42" [85, 4, 42];
    /// `id-at-organizationIdentifier`
    ORGANIZATION_IDENTIFIER = "2.5.4.97" [85, 4, 97];
    /// `id-ce-subjectKeyIdentifier`
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14" [85, 29, 14];
    /// `id-ce-keyUsage`
    KEY_USAGE = "2.5.29.15" [85, 29, 15];
    /// `id-ce-subjectAltName`
    SUBJECT_ALT_NAME = "2.5.29.17" [85, 29, 17];
    /// `id-ce-basicConstraints`
    BASIC_CONSTRAINTS = "2.5.29.19" [85, 29, 19];
    /// `id-ce-cRLNumber`
    CRL_NUMBER = "2.5.29.20" [85, 29, 20];
    /// `id-ce-cRLReasons`
    CRL_REASON = "2.5.29.21" [85, 29, 21];
    /// `id-ce-cRLDistributionPoints`
    CRL_DISTRIBUTION_POINTS = "2.5.29.31" [85, 29, 31];
    /// `id-ce-certificatePolicies`
    CERTIFICATE_POLICIES = "2.5.29.32" [85, 29, 32];
    /// `id-ce-authorityKeyIdentifier`
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35" [85, 29, 35];
    /// `id-ce-extKeyUsage`
    EXTENDED_KEY_USAGE = "2.5.29.37" [85, 29, 37];
    /// `id-pe-authorityInfoAccess`
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1" [43, 6, 1, 5, 5, 7, 1, 1];
    /// `id-kp-serverAuth`
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1" [43, 6, 1, 5, 5, 7, 3, 1];
    /// `id-kp-clientAuth`
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2" [43, 6, 1, 5, 5, 7, 3, 2];
    /// `id-kp-emailProtection`
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4" [43, 6, 1, 5, 5, 7, 3, 4];
    /// `id-kp-timeStamping`
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8" [43, 6, 1, 5, 5, 7, 3, 8];
    /// `id-kp-OCSPSigning`
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9" [43, 6, 1, 5, 5, 7, 3, 9];
    /// `id-kp-documentSigning` (RFC 9336)
    DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36" [43, 6, 1, 5, 5, 7, 3, 36];
    /// `id-ad-ocsp`
    OCSP = "1.3.6.1.5.5.7.48.1" [43, 6, 1, 5, 5, 7, 48, 1];
    /// `id-ad-caIssuers`
    CA_ISSUERS = "1.3.6.1.5.5.7.48.2" [43, 6, 1, 5, 5, 7, 48, 2];
    /// `id-pkix-ocsp-basic`
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1" [43, 6, 1, 5, 5, 7, 48, 1, 1];
    /// `id-pkix-ocsp-nonce`
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2" [43, 6, 1, 5, 5, 7, 48, 1, 2];
    /// `id-pkix-ocsp-nocheck`
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5" [43, 6, 1, 5, 5, 7, 48, 1, 5];
    /// `pkcs-9-at-extensionRequest`
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14" [42, 134, 72, 134, 247, 13, 1, 9, 14];
    /// `id-data`
    DATA = "1.2.840.113549.1.7.1" [42, 134, 72, 134, 247, 13, 1, 7, 1];
    /// `id-signedData`
    SIGNED_DATA = "1.2.840.113549.1.7.2" [42, 134, 72, 134, 247, 13, 1, 7, 2];
    /// `id-contentType`
    CONTENT_TYPE = "1.2.840.113549.1.9.3" [42, 134, 72, 134, 247, 13, 1, 9, 3];
    /// `id-messageDigest`
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4" [42, 134, 72, 134, 247, 13, 1, 9, 4];
    /// `id-signingTime`
    SIGNING_TIME = "1.2.840.113549.1.9.5" [42, 134, 72, 134, 247, 13, 1, 9, 5];
    /// `id-ct-TSTInfo`
    TST_INFO = "1.2.840.113549.1.9.16.1.4" [42, 134, 72, 134, 247, 13, 1, 9, 16, 1, 4];
    /// `id-aa-timeStampToken`
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14" [42, 134, 72, 134, 247, 13, 1, 9, 16, 2, 14];
    /// `id-aa-signingCertificate`
    SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12" [42, 134, 72, 134, 247, 13, 1, 9, 16, 2, 12];
    /// `id-aa-signingCertificateV2`
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47" [42, 134, 72, 134, 247, 13, 1, 9, 16, 2, 47];
}

#[cfg(test)]
mod tests {
    #[test]
    fn octets_are_what_the_dotted_forms_say() {
        for (dotted, octets) in super::ALL {
            assert_eq!(crate::der::oid_text(octets), *dotted);
        }
    }
}
