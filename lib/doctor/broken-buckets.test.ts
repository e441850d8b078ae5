/** every way a bucket can be wrong is named at its root, with the change that mends it, and nothing else fails. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBucket } from "#lib/storage/s3.ts";
import { type TestStore, testStore } from "#lib/testing.ts";
import { beginTrial, endTrial } from "./browser.ts";
import {
  denied,
  type Examined,
  examined,
  examinedWith,
  type Fault,
  keysIn,
  proxyTo,
  type Reply,
  refused,
  subjectOf,
  xml,
} from "./testing.ts";

let store: TestStore;
before(async () => {
  store = await testStore();
});
after(() => store.close());

const policy =
  (statement: object): Fault["instead"] =>
  ({ method, query }) =>
    method === "GET" && query.has("policy")
      ? {
          status: 200,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
        }
      : undefined;

/** Exactly these probes fail; what depends on them says so instead of failing too. */
function assertRoot(seen: Examined, id: Parameters<Examined["of"]>[0], found: RegExp, change: RegExp): void {
  assert.deepEqual(
    seen.ids("fail"),
    [id],
    JSON.stringify(seen.findings.filter(({ verdict }) => verdict === "fail")),
  );
  const finding = seen.of(id);
  assert.match(finding.found, found);
  assert.match(`${finding.change?.say} ${finding.change?.run}`, change);
}

test("a bucket that is set up well passes every probe, and nothing is left in it", async () => {
  const seen = await examined(subjectOf(store.bucket));
  assert.deepEqual([...seen.ids("fail"), ...seen.ids("warn")], []);
  assert.deepEqual(await keysIn(store), []);
});

test("a missing bucket is the only fault, and the command that makes it is named", async () => {
  const seen = await examined(subjectOf({ ...store.bucket, bucket: "no-such-bucket" }));
  assertRoot(
    seen,
    "bucket",
    /no bucket no-such-bucket/,
    /tintype storage bucket create no-such-bucket --region ap-northeast-2/,
  );
  assert.ok(seen.findings.filter(({ because }) => because === "bucket").length > 20);
});

test("a wrong region is told from a wrong secret, and the right one is named", async () => {
  const seen = await examined(subjectOf({ ...store.bucket, region: "eu-west-1" }));
  assertRoot(
    seen,
    "region",
    /is in the region ap-northeast-2; S3_REGION says eu-west-1/,
    /S3_REGION=ap-northeast-2/,
  );
});

test("a redirect to the bucket's real region is read, not followed", async () => {
  const seen = await examinedWith(store, {
    instead: ({ signed }) =>
      signed
        ? {
            ...refused(
              301,
              "PermanentRedirect",
              "The bucket must be addressed using the specified endpoint.",
            ),
            headers: { "x-amz-bucket-region": "eu-central-1", "content-type": "application/xml" },
          }
        : undefined,
  });
  assertRoot(seen, "region", /is in the region eu-central-1/, /S3_REGION=eu-central-1/);
});

test("a wrong secret and an unknown key are told apart", async () => {
  const { accessKeyId = "", secretAccessKey = "" } = store.bucket.credentials ?? {};
  const secret = await examined(
    subjectOf({ ...store.bucket, credentials: { accessKeyId, secretAccessKey: "not the secret at all" } }),
  );
  assertRoot(secret, "identity", /secret does not belong to the access key/, /S3_SECRET_ACCESS_KEY=/);
  const key = await examined(
    subjectOf({ ...store.bucket, credentials: { accessKeyId: "AKIANOBODY", secretAccessKey } }),
  );
  assertRoot(key, "identity", /does not know this access key/, /S3_ACCESS_KEY_ID=/);
  for (const seen of [secret, key])
    assert.doesNotMatch(
      JSON.stringify(seen.findings),
      new RegExp(`${secretAccessKey}|not the secret at all`),
    );
});

test("a clock that is off by twenty minutes is named as the clock, not as the credentials (F-22)", async () => {
  const seen = await examinedWith(store, {
    instead: ({ signed }) =>
      signed ? refused(403, "RequestTimeTooSkewed", "The difference is too large.") : undefined,
    after: () => ({ headers: { date: new Date(Date.now() - 20 * 60_000).toUTCString() } }),
  });
  assertRoot(seen, "clock", /20 minutes behind/, /timedatectl/);
  assert.equal(seen.of("identity").because, "clock");
});

test("CORS rules are judged as a browser judges: none, another origin, no PUT, no ETag", async () => {
  const admin = openBucket(store.bucket);
  const right = await admin.cors();
  const rule = {
    origins: ["http://localhost:3000"],
    methods: ["POST", "PUT", "GET", "HEAD"],
    headers: ["*"],
    expose: ["ETag"],
  };
  const cases: [Parameters<typeof admin.setCors>[0], RegExp][] = [
    [[], /no CORS rules at all/],
    [
      [{ ...rule, origins: ["https://other.example"] }],
      /name https:\/\/other\.example, not http:\/\/localhost:3000/,
    ],
    [[{ ...rule, origins: ["https://localhost:3000"] }], /scheme, host and port must be the same/],
    [[{ ...rule, methods: ["POST", "GET"] }], /allows POST and GET, not PUT/],
    [[{ ...rule, headers: [] }], /does not allow the header content-type/],
  ];
  try {
    for (const [rules, found] of cases) {
      await admin.setCors(rules);
      assertRoot(
        await examined(subjectOf(store.bucket)),
        "cors",
        found,
        /tintype storage cors apply[\s\S]*"AllowedOrigins":\["http:\/\/localhost:3000"\]/,
      );
    }
    await admin.setCors([{ ...rule, expose: [] }]);
    const seen = await examined(subjectOf(store.bucket));
    assert.deepEqual(seen.ids("warn"), ["cors"]);
    assert.match(seen.of("cors").found, /may not read the ETag/);
  } finally {
    await admin.setCors(right);
    admin.close();
  }
});

test("without s3:ListBucket a missing object answers 403, and the statement to add is printed (R-33)", async () => {
  const seen = await examinedWith(store, {
    instead: ({ method, key }) => (key === "" && method === "GET" ? denied : undefined),
    after: ({ method }, { status }) => (method === "HEAD" && status === 404 ? { status: 403 } : undefined),
  });
  assertRoot(seen, "list", /403 instead of 404/, /"s3:ListBucket"/);
});

for (const [folder, action, method] of [
  ["incoming", "s3:PutObject", "PUT"],
  ["media", "s3:GetObject", "GET"],
  ["derived", "s3:GetObject", "GET"],
  ["media", "s3:DeleteObject", "DELETE"],
  ["derived", "s3:PutObject", "PUT"],
] as const)
  test(`a bucket policy that denies ${action} on ${folder}/ is named by its Sid`, async () => {
    const denial = {
      Sid: "Careless",
      Effect: "Deny",
      Principal: "*",
      Action: action,
      Resource: `arn:aws:s3:::tintype-test/${folder}/*`,
    };
    let left = 0;
    const seen = await examinedWith(store, {
      instead: (request) => {
        const meant = request.key.startsWith(`${folder}/`) && request.signed;
        const by = request.method === "HEAD" ? "GET" : request.method;
        if (meant && by === method && !request.query.has("uploadId")) {
          if (method === "DELETE") left += 1;
          return denied;
        }
        return policy(denial)?.(request);
      },
    });
    assertRoot(
      seen,
      folder,
      /statement "Careless" of the bucket policy denies it/,
      /delete-bucket-policy[\s\S]*Careless/,
    );
    if (left > 0) {
      assert.equal(seen.of("leftovers").verdict, "warn");
      for (const key of await keysIn(store)) await store.storage.delete(key);
    }
    assert.deepEqual(await keysIn(store), []);
  });

test("a denial without a policy to show for it gets the statement that would allow it", async () => {
  const seen = await examinedWith(store, {
    instead: ({ method, key, signed }) =>
      signed && method === "PUT" && key.startsWith("media/") ? denied : undefined,
  });
  assertRoot(
    seen,
    "media",
    /may not write objects \(403 AccessDenied\)\. No upload can be kept/,
    /"s3:PutObject"[\s\S]*arn:aws:s3:::tintype-test\/media\/\*/,
  );
});

test("a bucket that strangers can read or list is named, with the statement that lets them in", async () => {
  const open = {
    Sid: "Everybody",
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::tintype-test/*",
  };
  const read = await examinedWith(store, {
    instead: (request) =>
      !request.signed && request.method === "GET" && request.key !== ""
        ? { status: 200, body: "picture" }
        : policy(open)?.(request),
  });
  assertRoot(
    read,
    "anonymousRead",
    /Anyone on the network may read incoming\/, media\/ and derived\/.*"Everybody"/,
    /delete-bucket-policy[\s\S]*Everybody/,
  );
  const list = await examinedWith(store, {
    instead: ({ signed, method, key }) =>
      !signed && method === "GET" && key === "" ? xml("<ListBucketResult/>") : undefined,
  });
  assertRoot(list, "anonymousList", /may list everything/, /tintype storage provision/);
});

test("a policy that may not be seen is not said to be shut, whatever the access list says (R-33)", async () => {
  const shut = xml("<AccessControlPolicy><AccessControlList/></AccessControlPolicy>");
  const seen = (policyAnswer: Reply): Promise<Examined> =>
    examinedWith(store, {
      instead: ({ method, query }) => {
        if (method !== "GET") return undefined;
        if (query.has("acl")) return shut;
        return query.has("policy") ? policyAnswer : undefined;
      },
    });
  const unseen = (await seen(denied)).of("grants");
  assert.deepEqual(
    [unseen.verdict, /s3:GetBucketPolicy/.test(unseen.found)],
    ["skipped", true],
    unseen.found,
  );
  assert.equal((await seen(refused(404, "NoSuchBucketPolicy"))).of("grants").verdict, "ok");
});

test("a lifecycle rule that deletes pictures is a fault; missing rules are warnings", async () => {
  const rules = (body: string): Fault => ({
    instead: ({ query, method }) =>
      method === "GET" && query.has("lifecycle")
        ? xml(`<LifecycleConfiguration>${body}</LifecycleConfiguration>`)
        : undefined,
  });
  const expiring = (name: string, prefix: string, days: number): string =>
    `<Rule><ID>${name}</ID><Status>Enabled</Status><Filter><Prefix>${prefix}</Prefix></Filter><Expiration><Days>${days}</Days></Expiration></Rule>`;
  for (const prefix of ["media/", "", "derived/", "me"])
    assertRoot(
      await examinedWith(store, rules(expiring("tidy up", prefix, 90))),
      "lifecycle",
      /"tidy up".*deletes what is in (media|derived)\/ after 90 days: pictures will be lost/,
      /delete-bucket-lifecycle --bucket tintype-test\ntintype storage lifecycle apply/,
    );
  assertRoot(
    await examinedWith(store, rules(expiring("hasty", "incoming/", 1))),
    "lifecycle",
    /clears incoming\/ after 24 hours/,
    /tintype storage lifecycle apply/,
  );
  const bare = await examinedWith(store, {
    instead: ({ query, method }) =>
      method === "GET" && query.has("lifecycle") ? refused(404, "NoSuchLifecycleConfiguration") : undefined,
  });
  assert.deepEqual(bare.ids("fail"), []);
  assert.match(
    bare.of("lifecycle").found,
    /rules are missing: one that clears away what stays in incoming\/ and one that ends uploads in parts/,
  );
});

test("what answers but is no S3 store is named as that, whatever it says", async () => {
  const page = {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Console</title>",
  };
  assertRoot(
    await examinedWith(store, { instead: () => page }),
    "service",
    /not an S3 store: it sent 200 with a page of HTML/,
    /S3_ENDPOINT=/,
  );
  assertRoot(
    await examinedWith(store, { instead: () => ({ ...page, status: 502 }) }),
    "service",
    /answers 502.*the store behind it is down/,
    /curl/,
  );
});

test("a port where nothing listens, and a name that does not exist, are told apart", async () => {
  const gone = await proxyTo(store.bucket);
  await gone.close();
  const refusedPort = await examined(
    subjectOf({ ...store.bucket, endpoint: gone.url, publicEndpoint: gone.url }),
  );
  assertRoot(refusedPort, "reach", /Nothing listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/, /S3_ENDPOINT=/);
  const endpoint = "http://store.invalid:9000";
  assertRoot(
    await examined(subjectOf({ ...store.bucket, endpoint, publicEndpoint: endpoint })),
    "reach",
    /store\.invalid cannot be looked up/,
    /S3_ENDPOINT=/,
  );
});

test("S3_PUBLIC_ENDPOINT that is unreachable, a page, or another store is named as such (R-86)", async () => {
  const gone = await proxyTo(store.bucket);
  await gone.close();
  assertRoot(
    await examined(subjectOf({ ...store.bucket, publicEndpoint: gone.url })),
    "public",
    /Nothing listens/,
    /S3_PUBLIC_ENDPOINT=/,
  );
  const other = await testStore();
  try {
    const credentials = {
      ...other.bucket,
      endpoint: store.bucket.endpoint,
      credentials: store.bucket.credentials,
    };
    assertRoot(
      await examined(subjectOf({ ...credentials, publicEndpoint: other.bucket.endpoint })),
      "public",
      /leads to another store or bucket/,
      /S3_PUBLIC_ENDPOINT=http/,
    );
  } finally {
    await other.close();
  }
});

test("an http store on an https site is named before anything is asked", async () => {
  const seen = await examined(subjectOf(store.bucket, { appUrl: "https://photos.example.com" }));
  assert.match(seen.of("settings").found, /mixed content/);
  assert.match(seen.of("settings").change?.run ?? "", /S3_PUBLIC_ENDPOINT=https:/);
});

test("a store that has no POST is no fault, unless the settings allow nothing else", async () => {
  const fault: Fault = {
    instead: ({ method, key }) =>
      method === "POST" && key === "" ? refused(501, "NotImplemented") : undefined,
  };
  const seen = await examinedWith(store, fault);
  assert.deepEqual(seen.ids("fail"), []);
  assert.match(seen.of("post").found, /travel by PUT instead/);
  const { uploads } = subjectOf(store.bucket);
  const only = await examinedWith(store, fault, { uploads: { ...uploads, transport: "post" } });
  assertRoot(only, "post", /no POST Object/, /S3_UPLOAD_TRANSPORT=auto/);
});

test("a store that ignores the promised size, the type and the signature of a policy is caught storing it", async () => {
  const seen = await examinedWith(store, {
    after: ({ method, key }, { status }) =>
      method === "POST" && key === "" && status >= 400 ? { status: 204, body: "" } : undefined,
  });
  const { found, verdict } = seen.of("limits");
  assert.equal(verdict, "fail");
  for (const what of [
    /one byte more/,
    /another type/,
    /another key/,
    /expired/,
    /changed after it was signed/,
  ])
    assert.match(found, what);
  assert.equal(seen.of("anonymousWrite").verdict, "fail");
});

test("a store that hangs up on what a policy does not allow has refused it, however many at once", async () => {
  let forms = 0;
  const seen = await examinedWith(store, {
    // The first is the honest one; the store itself answers the second, which takes longer than to hang up.
    instead: ({ method, key }) =>
      method === "POST" && key === "" && ++forms > 2 && forms <= 6 ? "hang up" : undefined,
  });
  assert.equal(seen.of("post").verdict, "ok");
  assert.equal(seen.of("limits").verdict, "ok", seen.of("limits").found);
});

test("a store without conditional writes is a warning that says why it is bearable", async () => {
  const seen = await examinedWith(store, {
    after: ({ headers, method }, { status }) =>
      method === "PUT" && headers["if-none-match"] !== undefined && status === 412
        ? { status: 200, body: "" }
        : undefined,
  });
  assert.deepEqual(seen.ids("fail"), []);
  assert.match(seen.of("conditional").found, /ignores If-None-Match/);
});

test("a store that refuses the condition of a PUT is no fault: uploads go without it", async () => {
  const conditionless: Fault = {
    instead: ({ method, key, headers }) =>
      method === "PUT" && key !== "" && headers["if-none-match"] !== undefined
        ? refused(
            501,
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
          )
        : method === "POST" && key === ""
          ? refused(501, "NotImplemented")
          : undefined,
  };
  const seen = await examinedWith(store, conditionless);
  assert.deepEqual(seen.ids("fail"), []);
  assert.match(seen.of("put").found, /arrived, without If-None-Match/);
  const proxy = await proxyTo(store.bucket, conditionless);
  try {
    const subject = subjectOf({ ...store.bucket, endpoint: proxy.url, publicEndpoint: proxy.url });
    const { id, put } = await beginTrial(subject);
    assert.equal("if-none-match" in put.headers, false);
    await endTrial(subject, { id, origin: "http://localhost:3000", report: { seen: [] } });
  } finally {
    await proxy.close();
  }
});

test("an encryption that the store does not have is named once, as the setting that asks for it", async () => {
  const bucket = { ...store.bucket, encryption: { method: "AES256" as const, keyId: undefined } };
  const seen = await examined(subjectOf(bucket));
  assertRoot(seen, "incoming", /S3_SSE=AES256.*501 NotImplemented/s, /S3_SSE=AES256/);
});

test("a full store and a KMS key out of reach are named as such, not as a denial", async () => {
  const writing = (reply: ReturnType<typeof refused>): Fault => ({
    instead: ({ method, key, signed }) => (signed && method === "PUT" && key !== "" ? reply : undefined),
  });
  for (const reply of [
    refused(507, "InsufficientStorage"),
    refused(503, "ServiceUnavailable", "The disk of the store is full."),
  ])
    assertRoot(await examinedWith(store, writing(reply)), "incoming", /no room left/, /Make room/);
  const kms = await examinedWith(
    store,
    writing(
      refused(
        403,
        "AccessDenied",
        "User: arn:aws:iam::1:user/x is not authorized to perform: kms:GenerateDataKey",
      ),
    ),
  );
  assert.match(kms.of("incoming").found, /KMS key/);
  assert.match(kms.of("incoming").change?.run ?? "", /kms:GenerateDataKey/);
});

test("a public bucket block, access lists and versions without an end are warnings with the commands", async () => {
  const seen = await examinedWith(store, {
    instead: ({ method, query }) => {
      if (method !== "GET") return undefined;
      if (query.has("publicAccessBlock"))
        return xml(
          "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        );
      if (query.has("ownershipControls"))
        return xml(
          "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
        );
      if (query.has("versioning"))
        return xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
      if (query.has("lifecycle")) return refused(404, "NoSuchLifecycleConfiguration");
      if (query.has("acl"))
        return xml(
          "<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
        );
      return undefined;
    },
  });
  assert.deepEqual(seen.ids("warn"), ["grants", "lifecycle", "accessBlock", "ownership"]);
  assert.match(seen.of("accessBlock").found, /BlockPublicPolicy and RestrictPublicBuckets/);
  assert.match(seen.of("ownership").change?.run ?? "", /BucketOwnerEnforced/);
  assert.match(seen.of("lifecycle").found, /older versions/);
  assert.match(seen.of("grants").found, /READ to everyone/);
});

test("a store that misreads a public access block as a ban on every write is told from a missing permission", async () => {
  const seen = await examinedWith(store, {
    instead: ({ method, query, key, signed }) => {
      if (method === "GET" && query.has("publicAccessBlock"))
        return xml(
          "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        );
      return signed && method === "PUT" && key !== "" ? denied : undefined;
    },
  });
  assertRoot(
    seen,
    "incoming",
    /while BlockPublicAcls is on/,
    /BlockPublicAcls=false,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true/,
  );
});

test("a store that stops answering half-way is said once, and the rest waits for it", async () => {
  let writes = 0;
  const seen = await examinedWith(store, {
    instead: ({ method, key, signed }) => {
      if (signed && method === "PUT" && key.startsWith("media/")) writes += 1;
      return writes > 0 ? "hang up" : undefined;
    },
  });
  assert.deepEqual(seen.ids("fail"), ["media"]);
  assert.match(seen.of("media").found, /stopped answering in the middle of this \(ECONNRESET\)/);
  assert.equal(seen.of("leftovers").because, "media");
  for (const key of await keysIn(store)) await store.storage.delete(key);
});

test("the key of a web process, which may only write to incoming/, is told from a broken one", async () => {
  const seen = await examinedWith(store, {
    instead: ({ method, key, query, signed }) => {
      if (!signed || (key === "" && query.has("list-type"))) return undefined;
      const mine = key.startsWith("incoming/") && method !== "DELETE";
      const shown = ["GET", "HEAD"].includes(method) && key !== "";
      return mine || shown || query.has("uploadId") || (key === "" && method === "POST") ? undefined : denied;
    },
  });
  assert.deepEqual(seen.ids("fail"), []);
  assert.deepEqual(seen.ids("warn"), ["incoming", "media", "derived"]);
  assert.equal(seen.of("delivery").because, "derived");
  assert.equal(seen.of("post").verdict, "ok");
  for (const key of await keysIn(store)) await store.storage.delete(key);
});
