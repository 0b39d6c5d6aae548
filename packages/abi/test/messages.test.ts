import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  type AnyContract,
  type AnyKind,
  type Contract,
  type ContractMethod,
  contractOf,
  contracts,
  executorExecute,
  executorExecuteStream,
  hostAuthList,
  hostHttpDo,
  hostHttpDoStream,
  httpRequestOf,
  managementRegister,
  methodInfo,
  methods,
  requestInterceptBefore,
  schedulerPick,
  usageHandle,
  type WireError,
  zeroValue
} from "../src/index.ts"
import { exampleMessages } from "./example-messages.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (of: Uint8Array) => new TextDecoder().decode(of)
const fault = (result: Result.Result<unknown, WireError>) =>
  Result.isFailure(result) ? result.failure.message : "no failure"

const all = Object.values(contracts).map(
  (contract) => contract as unknown as Contract<ContractMethod, unknown, unknown>
)

const fieldsOf = (kind: AnyKind) => (kind.parts?._tag === "Struct" ? Object.keys(kind.parts.fields) : [])
const withErr = (Err: unknown) => executorExecuteStream.decodeResult({ chunks: [{ Payload: "AA==" }, { Err }] })
const nested = (request: object) => Result.getOrThrow(hostHttpDo.decodeRequest(request)).request
const httpRequest = (json: string) => httpRequestOf(Result.getOrThrow(hostHttpDo.parseRequest(bytes(json))))

describe("the contracts", () => {
  it("are there for every method of the table but the reserved one, in its order", () => {
    const named = methods.map(({ name }) => name).filter((name) => name !== "plugin.shutdown")
    expect(Object.keys(contracts)).toEqual(named)
    expect(all.map(({ method }) => method)).toEqual(named)
  })

  it("are found by name, and nothing else is", () => {
    expect(contractOf("executor.execute")).toBe(executorExecute)
    for (const name of ["plugin.shutdown", "constructor", "__proto__", ""]) expect(contractOf(name)).toBeUndefined()
  })

  it("have host_callback_id exactly where the table says scoped", () => {
    const withScope = Object.values(contracts).filter((contract: AnyContract) =>
      fieldsOf(contract.request).includes("host_callback_id")
    )
    const scoped = methods.filter((row) => row.scoped)
    expect(withScope.map(({ method }) => method)).toEqual(scoped.map(({ name }) => name))
    expect(methodInfo("scheduler.pick")?.scoped).toBe(false)
  })
})

describe("the example of each method", () => {
  for (const contract of all) {
    const [request, answer] = exampleMessages[contract.method]

    it(`${contract.method}: the request is written as it was read, byte for byte`, () => {
      const read = Result.getOrThrow(contract.parseRequest(bytes(request)))
      expect(text(contract.encodeRequest(read))).toBe(request)
    })

    it(`${contract.method}: the result is read, and written with all that was in it`, () => {
      const given: unknown = JSON.parse(answer)
      const read = Result.getOrThrow(contract.decodeResult(given))
      const written: unknown = JSON.parse(JSON.stringify(contract.encodeResult(read)))
      expect(written).toMatchObject(given as object)
      expect(contract.decodeResult(written)).toEqual(Result.succeed(read))
    })
  }
})

describe("a message", () => {
  it("69: with a value in Err or Handler is refused as a whole", () => {
    expect(Result.isSuccess(withErr(null))).toBe(true)
    for (const wrong of [{}, "reset", false, 0, []])
      expect(fault(withErr(wrong))).toMatch(
        /^result of executor\.execute_stream: chunks\[1\]\.Err: expected null, found /
      )
    for (const list of ["routes", "resources"])
      expect(fault(managementRegister.decodeResult({ [list]: [{ Path: "/a", Handler: {} }] }))).toBe(
        `result of management.register: ${list}[0].Handler: expected null, found object`
      )
  })

  it("73: leaves out an empty host_callback_id and stream_id, and has them last at top level", () => {
    const stream = zeroValue(executorExecuteStream.request)
    expect(text(executorExecuteStream.encodeRequest(stream))).toMatch(/"AuthAttributes":null\}$/)
    expect(text(executorExecuteStream.encodeRequest({ ...stream, stream_id: "3", host_callback_id: "5" }))).toMatch(
      /"AuthAttributes":null,"stream_id":"3","host_callback_id":"5"\}$/
    )
    expect(text(executorExecute.encodeRequest(zeroValue(executorExecute.request)))).not.toContain("host_callback_id")
  })

  it("74: has no metadata that is not JSON, and null for an empty map", () => {
    const request = { ...zeroValue(requestInterceptBefore.request), Metadata: { run: () => 1, empty: {} } }
    expect(text(requestInterceptBefore.encodeRequest(request))).toContain(`"Metadata":{"empty":null}`)
    const credential = { ...zeroValue(executorExecute.request), AuthMetadata: { empty: {} }, Metadata: {} }
    expect(text(executorExecute.encodeRequest(credential))).toContain(`"AuthMetadata":{"empty":{}}`)
    expect(text(executorExecute.encodeRequest(credential))).toContain(`"Metadata":null`)
  })

  it("leaves out optional fields that its sender does not know, and fills them in when it is read", () => {
    const record = Result.getOrThrow(usageHandle.decodeRequest({}))
    expect(record).toMatchObject({ RequestID: "", Stream: false })
    const { RequestID: _, Stream: __, ...known } = record
    const written = text(usageHandle.encodeRequest(known))
    expect([written.includes(`"RequestID"`), written.includes(`"Stream"`)]).toEqual([false, false])
    expect(written).toContain(`"TraceID":"","Provider":""`)
    const pick = { AuthID: "a", DelegateBuiltin: "", Handled: true }
    expect(schedulerPick.encodeResult(pick)).toEqual(pick)
  })

  it("that may be null tells null from an object without values", () => {
    expect([nested({}), nested({ request: null })]).toEqual([null, null])
    expect(nested({ request: {} })).toEqual({ method: "", url: "", headers: {}, body: new Uint8Array() })
    expect(fault(hostHttpDo.decodeRequest({ request: { url: 1 } }))).toBe(
      "request of host.http.do: request.url: expected string, found number"
    )
    expect(fault(hostHttpDo.decodeRequest({ request: "GET" }))).toMatch(
      /^request of host\.http\.do: request: expected /
    )
  })
})

describe("a host call", () => {
  it("188, 189: for HTTP may have its fields in any case or nested, where they win, and its method may be blank", () => {
    const body = new Uint8Array()
    expect(httpRequest(`{"Method":" post ","URL":"https://a.invalid","Headers":{"x":["1"]},"Body":null}`)).toEqual({
      method: "post",
      url: "https://a.invalid",
      headers: { x: ["1"] },
      body
    })
    expect(httpRequest(`{"method":"PUT","url":"https://a.invalid","request":{"URL":"https://b.invalid"}}`)).toEqual({
      method: "GET",
      url: "https://b.invalid",
      headers: {},
      body
    })
  })

  it("190, 191: is answered in PascalCase by host.http.do and in snake_case by host.http.do_stream", () => {
    expect(hostHttpDo.encodeResult({ StatusCode: 503, Headers: {}, Body: bytes("a") })).toEqual({
      StatusCode: 503,
      Headers: null,
      Body: "YQ=="
    })
    expect(hostHttpDoStream.encodeResult({ status_code: 200, headers: {}, stream_id: "2", chunks: [] })).toEqual({
      status_code: 200,
      stream_id: "2"
    })
  })

  it("199: host.auth.list may be empty, or an object with anything in it, and nothing else", () => {
    for (const request of ["", "{}", `{"host_callback_id":"1","x":[1]}`])
      expect(hostAuthList.parseRequest(bytes(request))).toEqual(Result.succeed({}))
    for (const request of ["[]", `"all"`, "7", "true"])
      expect(fault(hostAuthList.parseRequest(bytes(request)))).toContain("expected object")
    expect(fault(hostAuthList.parseRequest(bytes("{")))).toContain("not JSON")
    for (const contract of all.filter(({ method }) => method !== "host.auth.list"))
      expect(fault(contract.parseRequest(bytes("")))).toContain("no bytes where JSON was expected")
  })

  it("200: host.auth.list always has the name and the five times of an entry", () => {
    const entry = hostAuthList.encodeResult(Result.getOrThrow(hostAuthList.decodeResult({ files: [{}] })))
    const none = "0001-01-01T00:00:00Z"
    const times = { modtime: none, updated_at: none, created_at: none, last_refresh: none, next_retry_after: none }
    expect(entry).toEqual({ files: [{ name: "", ...times }] })
  })
})
