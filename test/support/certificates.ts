/**
 * A certificate authority that nobody trusts but tests, and a certificate of it for `hook.test` and the names below it,
 * valid from 2020 to 2119. They stand here as text, because a test that has to make them first would need a program for
 * it; the authority's own key was thrown away.
 */

export const authority = `-----BEGIN CERTIFICATE-----
MIIBZTCCAQugAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5UZXN0IGF1
dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOVGVzdCBhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATB
dH3RbR6CXu3hXj2bn3wB6NHQDU4su4SRN3sNqGEF75Mxr36B/yINk7Nq18kBB0U/
YcV7UGjifOcNDqEv6oZRo0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE
AwICBDAdBgNVHQ4EFgQUvU5AOvc5IcDmD/0w/eBM5owx6r8wCgYIKoZIzj0EAwID
SAAwRQIhALi46ahJtGZd7FLTogDedZBk/5ilEL3P+8Vr8mh+UeAHAiAQaN5LpRlb
H7qWI2ATE8KjCh7V+DOKfK+AvZubAEjrfA==
-----END CERTIFICATE-----
`;

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBpDCCAUugAwIBAgIBAjAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5UZXN0IGF1
dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAG
A1UEAwwJaG9vay50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERnsbIZBm
sUEKh+IRfxsVVBrh2dRAWdAKWUiqPelJ0LjsZSkmTgW3catB4nUry0JcgCrtyR73
rr/Ireatudxe+KOBhjCBgzAhBgNVHREEGjAYgglob29rLnRlc3SCCyouaG9vay50
ZXN0MAkGA1UdEwQCMAAwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFPSB
vTk5janjsBLYE0Ldzq8m5aZIMB8GA1UdIwQYMBaAFL1OQDr3OSHA5g/9MP3gTOaM
Meq/MAoGCCqGSM49BAMCA0cAMEQCIAmPvt+1uMbJ+oKESVEUyw7poKicE+/gQzz7
CpiqGTylAiBqQ9+kruc+Z3LhisTlOMtlM+fKwtKSYDbc4uucG4ENww==
-----END CERTIFICATE-----
`;

export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZuqUugGduFOV/my1
q/byj1+keSTrWUl5U1NFuTDspgChRANCAARGexshkGaxQQqH4hF/GxVUGuHZ1EBZ
0ApZSKo96UnQuOxlKSZOBbdxq0HidSvLQlyAKu3JHveuv8it5q253F74
-----END PRIVATE KEY-----
`;
