#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# DICOM over TLS, with Orthanc, which wants our certificate too: asked, refused for each thing that can be wrong, and kept in a node.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need openssl

cd "$T"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem 2>/dev/null
for name in server client; do
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr 2>/dev/null
	openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $name.pem 2>/dev/null
done
make_archive
some_of_archive 's2-*.dcm'
ORTHANC_OPTIONS=('"DicomTlsEnabled": true' "\"DicomTlsCertificate\": \"$T/server.pem\"" "\"DicomTlsPrivateKey\": \"$T/server.key\""
	"\"DicomTlsTrustedCertificates\": \"$T/ca.pem\"" '"DicomTlsRemoteCertificateRequired": true')
start_orthanc
load_orthanc "$SOME"
NODE=$ORTHANC_AET@127.0.0.1:$ORTHANC_PORT
TLS=(--tls-ca ca.pem --tls-cert client.pem --tls-key client.key)

run dicom-qr echo "$NODE" "${TLS[@]}"
expect_status 0
run dicom-qr query "$NODE" "${TLS[@]}" --count
expect_status 0
expect_out '^1$'

# each in one line
run dicom-qr echo "$NODE"
expect_status 5
run dicom-qr echo "$NODE" --tls-ca client.pem --tls-cert client.pem --tls-key client.key
expect_status 6
expect_only_err 'shows a certificate that --tls-ca'
run dicom-qr echo "$NODE" --tls-ca ca.pem
[ "$status" -ne 0 ] || fail "Orthanc wants a certificate"
run dicom-qr echo "$NODE" --tls-ca ca.pem --tls-cert client.pem --tls-key server.key
expect_status 2
expect_only_err 'do not match'
run dicom-qr echo "$NODE" --tls-ca ca.pem --tls-cert client.pem --tls-key client.pem
expect_status 2
expect_only_err 'PEM file without a passphrase'
run dicom-qr echo "$NODE" --tls-ca missing.pem
expect_status 2
expect_only_err 'missing.pem: No such file'
run dicom-qr echo "$NODE" --tls-cert client.pem --tls-key client.key
expect_status 2
expect_only_err '--tls-ca'

# a PACS without TLS
load_dcmqrscp "$SOME"
start_dcmqrscp
run dicom-qr echo "$PACS_AET@127.0.0.1:$PACS_PORT" "${TLS[@]}"
expect_status 6
expect_only_err 'does it speak TLS'

# kept in a node, by absolute paths
run dicom-qr node add safe "$NODE" "${TLS[@]}"
expect_status 0
grep -q "\"tlsKey\": \"$T/client.key\"" "$XDG_CONFIG_HOME/dicom-qr/nodes.json" || fail "nodes.json has no tlsKey"
(cd / && dicom-qr query safe --count) | grep -qx 1 || fail "the node is not asked by TLS"
run dicom-qr node add half "$NODE" --tls-cert client.pem
expect_status 2

# getscu has TLS from DCMTK 3.6.9 on
if getscu --help | grep -q -- +tls; then
	run dicom-qr safe --auto --method c-get --output got --save-state got.state
	expect_status 0
	expect_same_objects "$SOME" got --decoded
	grep -q '"tlsKey"' got.state || fail "the state file does not say how to resume"
else
	run dicom-qr safe --auto --method c-get --output got
	expect_status 2
	expect_only_err 'getscu of DCMTK .* does no TLS: 3.6.9 is needed'
	[ ! -e got ] || fail "something was made"
	run dicom-qr probe safe
	expect_out '^c-get +\? +getscu of DCMTK .* does no TLS'
fi
run dicom-qr doctor safe --output "$T/out-folder"
expect_out '^note +tls .*its host name is not'
pass
