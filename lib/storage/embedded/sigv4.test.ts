/** The examples of AWS's own documentation, so that the store and the SDK cannot be wrong in the same way. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { unchunked } from "./chunked.ts";
import { type S3Code, S3Error } from "./s3-error.ts";
import { authenticate, type Signable } from "./sigv4.ts";

const keyring = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const date = "20130524T000000Z";
const now = Date.parse("2013-05-24T00:00:00Z");
const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

function signed(
  request: { method?: string; path?: string; query?: [string, string][]; headers?: Record<string, string> },
  signature: string,
): Signable {
  const headers = new Map(
    Object.entries({
      host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": empty,
      "x-amz-date": date,
      ...request.headers,
    }),
  );
  const names = [...headers.keys()].sort().join(";");
  headers.set(
    "authorization",
    `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=${names},Signature=${signature}`,
  );
  return { method: request.method ?? "GET", path: request.path ?? "/", query: request.query ?? [], headers };
}

const refuses = (code: S3Code) => (error: unknown) => error instanceof S3Error && error.code === code;

const examples: [string, Signable][] = [
  [
    "GET object",
    signed(
      { path: "/test.txt", headers: { range: "bytes=0-9" } },
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
  ],
  [
    "PUT object",
    signed(
      {
        method: "PUT",
        path: "/test$file.text",
        headers: {
          date: "Fri, 24 May 2013 00:00:00 GMT",
          "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
          "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
      },
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
  ],
  [
    "GET bucket lifecycle",
    signed(
      { query: [["lifecycle", ""]] },
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
  ],
  [
    "list objects",
    signed(
      {
        query: [
          ["max-keys", "2"],
          ["prefix", "J"],
        ],
      },
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
  ],
];

const presigned = (changed: Record<string, string> = {}): Signable => ({
  method: "GET",
  path: "/test.txt",
  query: Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": scope,
    "X-Amz-Date": date,
    "X-Amz-Expires": "86400",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ...changed,
  }),
  headers: new Map([["host", "examplebucket.s3.amazonaws.com"]]),
});

describe("signatures in the header", () => {
  for (const [title, request] of examples)
    it(`accepts the documented example: ${title}`, () => {
      assert.equal(authenticate(keyring, request, now).seed.date, date);
    });

  it("refuses the same examples with anything changed", () => {
    for (const [, request] of examples) {
      const wrong = refuses("SignatureDoesNotMatch");
      assert.throws(() => authenticate(keyring, { ...request, method: "DELETE" }, now), wrong);
      assert.throws(() => authenticate(keyring, { ...request, path: "/other" }, now), wrong);
      assert.throws(() => authenticate(keyring, { ...request, query: [["acl", ""]] }, now), wrong);
      const host = new Map(request.headers).set("host", "other.example");
      assert.throws(() => authenticate(keyring, { ...request, headers: host }, now), wrong);
      assert.throws(() => authenticate({ ...keyring, secretAccessKey: "other" }, request, now), wrong);
    }
  });

  it("refuses an x-amz header that nobody signed", () => {
    const request = signed({ path: "/test.txt", headers: { range: "bytes=0-9" } }, "f".repeat(64));
    const headers = new Map(request.headers).set("x-amz-acl", "public-read");
    assert.throws(() => authenticate(keyring, { ...request, headers }, now), refuses("AccessDenied"));
  });

  it("refuses a clock that is a quarter of an hour off, either way", () => {
    const [, request] = examples[0] ?? assert.fail();
    const quarter = 15 * 60_000;
    for (const off of [-quarter - 1000, quarter + 1000])
      assert.throws(() => authenticate(keyring, request, now + off), refuses("RequestTimeTooSkewed"));
    for (const off of [-quarter, quarter]) authenticate(keyring, request, now + off);
  });

  it("refuses another key id, region, service or day", () => {
    const with_ = (credential: string): Signable => {
      const request = signed({}, "0".repeat(64));
      const authorization = (request.headers.get("authorization") ?? "").replace(scope, credential);
      return { ...request, headers: new Map(request.headers).set("authorization", authorization) };
    };
    const refusals: [string, S3Code][] = [
      [scope.replace("AKIA", "BKIA"), "InvalidAccessKeyId"],
      [scope.replace("us-east-1", "eu-west-1"), "AuthorizationHeaderMalformed"],
      [scope.replace("/s3/", "/sts/"), "AuthorizationHeaderMalformed"],
      [scope.replace("20130524", "20130523"), "AuthorizationHeaderMalformed"],
      ["nothing", "AuthorizationHeaderMalformed"],
    ];
    for (const [credential, code] of refusals)
      assert.throws(() => authenticate(keyring, with_(credential), now), refuses(code), credential);
  });

  it("refuses a request that says nothing of its body, and one without any signature", () => {
    const [, request] = examples[0] ?? assert.fail();
    const headers = new Map(request.headers);
    headers.delete("x-amz-content-sha256");
    assert.throws(() => authenticate(keyring, { ...request, headers }, now), refuses("InvalidRequest"));
    assert.throws(
      () => authenticate(keyring, { ...request, headers: new Map() }, now),
      refuses("AccessDenied"),
    );
  });
});

describe("signatures in the query", () => {
  it("accepts the documented example until the second it expires", () => {
    authenticate(keyring, presigned(), now);
    authenticate(keyring, presigned(), now + 86_400_000);
    assert.throws(() => authenticate(keyring, presigned(), now + 86_400_001), refuses("AccessDenied"));
  });

  it("refuses one from the future", () => {
    assert.throws(() => authenticate(keyring, presigned(), now - 16 * 60_000), refuses("AccessDenied"));
  });

  it("refuses what was not signed: a longer life, another answer (A-46)", () => {
    const wrong = refuses("SignatureDoesNotMatch");
    assert.throws(() => authenticate(keyring, presigned({ "X-Amz-Expires": "86401" }), now), wrong);
    assert.throws(
      () => authenticate(keyring, presigned({ "response-content-type": "text/html" }), now),
      wrong,
    );
  });

  it("refuses a life of nothing or of more than a week", () => {
    for (const seconds of ["0", "-1", "604801", "1e3", "", "abc"])
      assert.throws(
        () => authenticate(keyring, presigned({ "X-Amz-Expires": seconds }), now),
        refuses("AuthorizationQueryParametersError"),
      );
  });

  it("refuses a parameter that is given twice, and both kinds of proof at once", () => {
    const twice = presigned();
    twice.query.push(["X-Amz-Expires", "1"]);
    assert.throws(() => authenticate(keyring, twice, now), refuses("InvalidArgument"));
    const both = presigned();
    both.headers.set("authorization", "AWS4-HMAC-SHA256 x");
    assert.throws(() => authenticate(keyring, both, now), refuses("InvalidArgument"));
  });

  it("refuses a signature that does not cover the host", () => {
    assert.throws(
      () => authenticate(keyring, presigned({ "X-Amz-SignedHeaders": "range" }), now),
      refuses("AccessDenied"),
    );
  });
});

describe("bodies in frames", () => {
  const request = signed(
    {
      method: "PUT",
      path: "/examplebucket/chunkObject.txt",
      headers: {
        host: "s3.amazonaws.com",
        "content-encoding": "aws-chunked",
        "content-length": "66824",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-decoded-content-length": "66560",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
      },
    },
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  );
  const frame = (size: number, signature: string): Buffer =>
    Buffer.from(`${size.toString(16)};chunk-signature=${signature}\r\n${"a".repeat(size)}\r\n`);
  const body = Buffer.concat([
    frame(65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    frame(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    frame(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
  ]);

  async function* inPieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
  }
  async function decode(data: Buffer, payload: string, trailer = new Map<string, string>()): Promise<Buffer> {
    const { seed } = authenticate(keyring, request, now);
    const pieces: Buffer[] = [];
    for await (const piece of unchunked(inPieces(data, 777), { payload, seed }, trailer)) pieces.push(piece);
    return Buffer.concat(pieces);
  }
  const framed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  const trailing = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

  it("accepts the documented example of a signed stream", async () => {
    assert.equal((await decode(body, framed)).toString(), "a".repeat(66_560));
  });

  it("refuses a changed byte, a lost frame, a frame too many and an early end", async () => {
    const changed = Buffer.from(body);
    changed[1000] = 0x62;
    await assert.rejects(decode(changed, framed), refuses("SignatureDoesNotMatch"));
    const second = body.indexOf("400;chunk-signature");
    const last = body.indexOf("0;chunk-signature=b6c6");
    const lost = Buffer.concat([body.subarray(0, second), body.subarray(last)]);
    await assert.rejects(decode(lost, framed), refuses("SignatureDoesNotMatch"));
    await assert.rejects(decode(body.subarray(0, last), framed), refuses("InvalidRequest"));
    await assert.rejects(decode(body.subarray(0, 5000), framed), refuses("IncompleteBody"));
    await assert.rejects(
      decode(Buffer.concat([body, Buffer.from("more")]), framed),
      refuses("InvalidRequest"),
    );
  });

  it("accepts the documented example of a signed stream with a signed trailer, and no other trailer", async () => {
    const payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    const trailed = signed(
      {
        method: "PUT",
        path: "/examplebucket/chunkObject.txt",
        headers: {
          host: "s3.amazonaws.com",
          "content-encoding": "aws-chunked",
          "x-amz-content-sha256": payload,
          "x-amz-decoded-content-length": "66560",
          "x-amz-storage-class": "REDUCED_REDUNDANCY",
          "x-amz-trailer": "x-amz-checksum-crc32c",
        },
      },
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    const { seed } = authenticate(keyring, trailed, now);
    const framesAnd = (checksum: string): Buffer =>
      Buffer.concat([
        frame(65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        frame(1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        Buffer.from("0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"),
        Buffer.from(`x-amz-checksum-crc32c:${checksum}\r\n`),
        Buffer.from(
          "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
        ),
      ]);
    const read = async (data: Buffer): Promise<string | undefined> => {
      const trailer = new Map<string, string>();
      let bytes = 0;
      for await (const piece of unchunked(inPieces(data, 777), { payload, seed }, trailer))
        bytes += piece.length;
      assert.equal(bytes, 66_560);
      return trailer.get("x-amz-checksum-crc32c");
    };
    assert.equal(await read(framesAnd("sOO8/Q==")), "sOO8/Q==");
    await assert.rejects(read(framesAnd("AAAAAA==")), refuses("SignatureDoesNotMatch"));
  });

  it("refuses unsigned frames where signed ones are announced, and the other way round", async () => {
    const unsigned = Buffer.from("3\r\nabc\r\n0\r\n\r\n");
    await assert.rejects(decode(unsigned, framed), refuses("InvalidRequest"));
    await assert.rejects(decode(body, trailing), refuses("InvalidRequest"));
  });

  it("hands over the trailer of an unsigned stream", async () => {
    const trailer = new Map<string, string>();
    const data = Buffer.from("3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-amz-checksum-crc32:MSpqQw==\r\n\r\n");
    assert.equal((await decode(data, trailing, trailer)).toString(), "abcdefg");
    assert.equal(trailer.get("x-amz-checksum-crc32"), "MSpqQw==");
  });

  it("refuses frames that are no frames", async () => {
    for (const text of ["", "zz\r\n", "-1\r\n", "3\r\nabcXX0\r\n\r\n", `${"f".repeat(20)}\r\n`, "3"])
      await assert.rejects(decode(Buffer.from(text), trailing), (error) => error instanceof S3Error);
  });
});
