import type { ContractMethod } from "../src/index.ts"

/** An example of each method's messages: the request as it is written, and what an answer may hold of the result. */
export const exampleMessages: { readonly [Method in ContractMethod]: readonly [request: string, result: string] } = {
  "plugin.register": [
    `{"config_yaml":"YTogMQo=","schema_version":7}`,
    `{"schema_version":3,"metadata":{"Name":"lyre","ConfigFields":[{"Name":"key","Type":"enum","EnumValues":["a"]}]},"capabilities":{"executor":true,"executor_input_formats":["claude"]}}`
  ],
  "plugin.reconfigure": [
    `{"config_yaml":null,"schema_version":7}`,
    `{"schema_version":3,"metadata":{"Name":"lyre"},"capabilities":{"usage_plugin":true}}`
  ],
  "plugin.quiesce": [`{}`, `{}`],
  "model.register": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null}}`,
    `{"Provider":"lyre","Models":[{"ID":"lyre-2","Created":1700000000,"Thinking":{"Min":1,"Max":8192,"ZeroAllowed":true,"Levels":["low","high"]}},{"ID":"lyre-3","Thinking":null,"UserDefined":true}]}`
  ],
  "model.static": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null},"Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}}}`,
    `{"Provider":"lyre","Models":[{"ID":"lyre-2","SupportedParameters":["temperature"]}]}`
  ],
  "model.for_auth": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null},"AuthID":"lyre-ada.json","AuthProvider":"lyre","StorageJSON":"e30=","Metadata":{"plan":{"n":[1]}},"Attributes":{"path":"/var/creds/lyre-ada.json"},"Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}},"host_callback_id":"41"}`,
    `{"Models":[{"ID":"lyre-2"}],"AuthUpdate":{"Label":"Ada","NextRefreshAfter":"2031-05-06T07:08:09.5Z"}}`
  ],
  "auth.identifier": [`{}`, `{"identifier":"Lyre"}`],
  "auth.parse": [
    `{"Provider":"lyre","Path":"/var/creds/a.json","FileName":"a.json","RawJSON":"e30=","Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}}}`,
    `{"Handled":true,"Auths":[{"ID":"a#1","StorageJSON":"e30=","Metadata":{"n":1},"Attributes":{"priority":"5"}},{"ID":"a#2","Disabled":true}]}`
  ],
  "auth.login.start": [
    `{"Provider":"lyre","BaseURL":"http://127.0.0.1:8317/v0/management/oauth-callback","Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}},"Metadata":null,"host_callback_id":"3"}`,
    `{"URL":"https://lyre.invalid/device","State":"s-1","ExpiresAt":"2031-01-01T00:00:00Z","Metadata":{"device":"d"}}`
  ],
  "auth.login.poll": [
    `{"Provider":"lyre","State":"s-1","Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}},"Metadata":{"device":"d"}}`,
    `{"Status":"success","Auth":{"FileName":"lyre-ada.json","StorageJSON":"e30="}}`
  ],
  "auth.refresh": [
    `{"AuthID":"a","AuthProvider":"lyre","StorageJSON":null,"Metadata":{"token":"t"},"Attributes":null,"Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}},"host_callback_id":"9"}`,
    `{"Auth":{"Metadata":{"token":"u"}},"NextRefreshAfter":"2031-01-01T01:00:00Z"}`
  ],
  "frontend_auth.identifier": [`{}`, `{"identifier":"badge"}`],
  "frontend_auth.authenticate": [
    `{"Method":"POST","Path":"/v1/responses","Headers":{"Authorization":["Bearer x"]},"Query":null,"Body":"e30="}`,
    `{"Authenticated":true,"Principal":"ada","Metadata":{"team":"blue"}}`
  ],
  "scheduler.pick": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null},"Provider":"","Providers":["lyre"],"Model":"lyre-2","Stream":true,"Options":{"Headers":{"X-Region":["eu"]},"Metadata":{"requested_model":"harp"}},"Candidates":[{"ID":"a","Provider":"lyre","Priority":-1,"Status":"active","Attributes":{"note":"eu"},"Metadata":null}]}`,
    `{"AuthID":"a","Handled":true}`
  ],
  "model.route": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null},"PluginID":"lyre","SourceFormat":"gemini","RequestedModel":"harp","Stream":false,"Headers":null,"Query":{"key":["k"]},"Body":"e30=","Metadata":null,"AvailableProviders":["claude","lyre"],"host_callback_id":"12"}`,
    `{"Handled":true,"TargetKind":"provider","Target":"Lyre","TargetModel":"lyre-2","Reason":"cheap"}`
  ],
  "executor.identifier": [`{}`, `{"identifier":"lyre"}`],
  "executor.execute": [
    `{"AuthID":"lyre-ada.json","AuthProvider":"lyre","Model":"lyre-2(high)","Format":"claude","Stream":false,"Alt":"","Headers":{"User-Agent":["harpist/3"]},"Query":{"beta":["true","1"]},"OriginalRequest":"aGVsbG8=","SourceFormat":"openai","Payload":"e30=","Metadata":{"generate":true,"request_path":"/v1/messages"},"StorageJSON":"e30=","AuthMetadata":{"token":"t"},"AuthAttributes":{"note":"eu"},"host_callback_id":"15"}`,
    `{"Payload":"e30=","Headers":{"X-Request-Id":["u-1"]},"Metadata":{"k":[true]}}`
  ],
  "executor.execute_stream": [
    `{"AuthID":"lyre-ada.json","AuthProvider":"lyre","Model":"lyre-2(high)","Format":"claude","Stream":true,"Alt":"","Headers":{"User-Agent":["harpist/3"]},"Query":{"beta":["true","1"]},"OriginalRequest":"aGVsbG8=","SourceFormat":"openai","Payload":"e30=","Metadata":{"generate":true,"request_path":"/v1/messages"},"StorageJSON":"e30=","AuthMetadata":{"token":"t"},"AuthAttributes":{"note":"eu"},"stream_id":"3","host_callback_id":"16"}`,
    `{"headers":{"Content-Type":["text/event-stream"]},"chunks":[{"Payload":"e30="},{"Payload":"e30=","Err":null}]}`
  ],
  "executor.count_tokens": [
    `{"AuthID":"lyre-ada.json","AuthProvider":"lyre","Model":"lyre-2(high)","Format":"claude","Stream":false,"Alt":"","Headers":{"User-Agent":["harpist/3"]},"Query":{"beta":["true","1"]},"OriginalRequest":"aGVsbG8=","SourceFormat":"openai","Payload":"e30=","Metadata":{"generate":true,"request_path":"/v1/messages"},"StorageJSON":"e30=","AuthMetadata":{"token":"t"},"AuthAttributes":{"note":"eu"}}`,
    `{"Payload":"e30="}`
  ],
  "executor.http_request": [
    `{"AuthID":"a","AuthProvider":"lyre","Method":"GET","URL":"https://up.invalid/usage","Headers":{"Accept":["*/*"]},"Body":null,"StorageJSON":"e30=","Metadata":{"token":"t"},"Attributes":null,"host_callback_id":"18"}`,
    `{"StatusCode":204,"Headers":{"X-A":["1"]},"Body":"e30="}`
  ],
  "request.translate": [
    `{"FromFormat":"openai","ToFormat":"lyre","Model":"lyre-2","Stream":false,"Body":"e30="}`,
    `{"Body":"e30="}`
  ],
  "request.normalize": [
    `{"FromFormat":"openai","ToFormat":"lyre","Model":"lyre-2","Stream":false,"Body":"e30="}`,
    `{"Body":null}`
  ],
  "request.intercept_before": [
    `{"RequestID":"r-1","TraceID":"0a1b2c3d","SourceFormat":"openai","ToFormat":"","Model":"lyre-2","RequestedModel":"harp","Stream":true,"Headers":{"User-Agent":["harpist/3"]},"Body":"e30=","Metadata":{"requested_model":"harp"},"host_callback_id":"20"}`,
    `{"Terminate":true,"StatusCode":429,"ResponseHeaders":{"Retry-After":["3"]},"ResponseBody":"e30="}`
  ],
  "request.intercept_after": [
    `{"RequestID":"r-1","TraceID":"0a1b2c3d","SourceFormat":"openai","ToFormat":"claude","Model":"lyre-2","RequestedModel":"harp","Stream":true,"Headers":{"User-Agent":["harpist/3"]},"Body":"e30=","Metadata":{"requested_model":"harp"},"host_callback_id":"20"}`,
    `{"Headers":{"X-Team":["blue"]},"Body":"e30=","ClearHeaders":["Cookie"]}`
  ],
  "request.complete": [
    `{"RequestID":"r-1","TraceID":"","SourceFormat":"openai","Model":"lyre-2","RequestedModel":"harp","Stream":false,"Outcome":"rejected","StatusCode":429,"Error":"busy","StartedAt":"2031-01-01T00:00:00.001Z","CompletedAt":"2031-01-01T00:00:01Z","Metadata":{"source":"plugin_host_model_callback"},"host_callback_id":"22"}`,
    `{}`
  ],
  "response.translate": [
    `{"FromFormat":"lyre","ToFormat":"openai","Model":"lyre-2","Stream":true,"OriginalRequest":"e30=","TranslatedRequest":null,"Body":"e30="}`,
    `{"Body":"e30="}`
  ],
  "response.normalize_before": [
    `{"FromFormat":"lyre","ToFormat":"openai","Model":"lyre-2","Stream":true,"OriginalRequest":"e30=","TranslatedRequest":null,"Body":"e30="}`,
    `{"Body":"e30="}`
  ],
  "response.normalize_after": [
    `{"FromFormat":"lyre","ToFormat":"openai","Model":"lyre-2","Stream":true,"OriginalRequest":"e30=","TranslatedRequest":null,"Body":"e30="}`,
    `{"Body":"e30="}`
  ],
  "response.intercept_after": [
    `{"RequestID":"r-1","SourceFormat":"openai","Model":"lyre-2","RequestedModel":"harp","Stream":false,"RequestHeaders":null,"ResponseHeaders":{"X-A":["1"]},"OriginalRequest":"e30=","RequestBody":"e30=","Body":"e30=","StatusCode":200,"Metadata":null,"host_callback_id":"23"}`,
    `{"Headers":{"X-Lyre":["1"]},"ClearHeaders":["X-A"]}`
  ],
  "response.intercept_stream_chunk": [
    `{"RequestID":"r-1","SourceFormat":"claude","Model":"lyre-2","RequestedModel":"harp","RequestHeaders":null,"ResponseHeaders":{"X-A":["1"]},"OriginalRequest":null,"RequestBody":null,"Body":"e30=","HistoryChunks":["e30=",null],"ChunkIndex":-1,"Metadata":null,"host_callback_id":"24"}`,
    `{"Body":"e30=","DropChunk":true}`
  ],
  "websocket.response_event": [
    `{"RequestID":"r-1","TraceID":"0a1b2c3d","SourceFormat":"openai-response","Model":"lyre-2","RequestedModel":"harp","Provider":"lyre","AuthID":"a","AuthLabel":"Ada","AuthType":"oauth","EventType":"lyre.limits","Payload":"e30=","Metadata":null,"host_callback_id":"25"}`,
    `{}`
  ],
  "thinking.identifier": [`{}`, `{"identifier":"lyre"}`],
  "thinking.apply": [
    `{"Provider":"lyre","Model":{"ID":"lyre-2","Object":"model","Created":5,"OwnedBy":"","Type":"","DisplayName":"","Name":"","Version":"","Description":"","InputTokenLimit":0,"OutputTokenLimit":0,"SupportedGenerationMethods":null,"ContextLength":4096,"MaxCompletionTokens":0,"SupportedParameters":["n"],"SupportedInputModalities":null,"SupportedOutputModalities":null,"Thinking":{"Min":0,"Max":64,"ZeroAllowed":false,"DynamicAllowed":true,"Levels":null},"UserDefined":false},"Config":{"Mode":"budget","Budget":32,"Level":""},"Body":"e30=","host_callback_id":"25"}`,
    `{"Body":"e30="}`
  ],
  "usage.handle": [
    `{"RequestID":"r-1","TraceID":"0a1b2c3d","Provider":"lyre","BaseURL":"https://up.invalid","ExecutorType":"","Model":"lyre-2","Alias":"harp","APIKey":"ada","SessionID":"s","ParentSessionID":"","AuthID":"a","AuthIndex":"00ff00ff00ff00ff","AuthType":"oauth","Source":"Ada","ReasoningEffort":"","ServiceTier":"","ResponseServiceTier":"","ResponseModel":"lyre-2b","Generate":true,"Stream":true,"RequestedAt":"2031-01-01T00:00:00Z","Latency":812000000,"TTFT":1,"Failed":true,"Failure":{"StatusCode":500,"Body":"broken string"},"Detail":{"InputTokens":11,"OutputTokens":7,"ReasoningTokens":0,"CachedTokens":0,"CacheReadTokens":0,"CacheCreationTokens":0,"TotalTokens":18},"ResponseHeaders":{"X-A":["1"]}}`,
    `{}`
  ],
  "command_line.register": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null}}`,
    `{"Flags":[{"Name":"lyre-login","Usage":"Log in"}]}`
  ],
  "command_line.execute": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null},"Program":"cliproxy","Args":["-lyre-login"],"ConfigPath":"/etc/c.yaml","Host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}},"Flags":{"config":{"Name":"config","Type":"","Value":"","Set":false},"lyre-login":{"Name":"lyre-login","Type":"bool","Value":"true","Set":true}},"TriggeredFlags":{"lyre-login":{"Name":"lyre-login","Type":"bool","Value":"true","Set":true}}}`,
    `{"Stdout":"e30=","Stderr":"e30=","Auths":[{"FileName":"a.json"}],"ExitCode":3}`
  ],
  "management.register": [
    `{"Plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null},"BasePath":"/v0/management","ResourceBasePath":"/v0/resource/plugins/lyre"}`,
    `{"routes":[{"Method":"POST","Path":"/lyre/reset"}],"resources":[{"Path":"/status","Menu":"Lyre","Handler":null}]}`
  ],
  "management.handle": [
    `{"Method":"GET","Path":"/v0/resource/plugins/lyre/status","Headers":null,"Query":{"tab":["models"]},"Body":null,"host_callback_id":"30"}`,
    `{"StatusCode":200,"Headers":{"Content-Type":["text/html"]},"Body":"e30="}`
  ],
  "quota.identifier": [`{}`, `{"identifier":"lyre"}`],
  "quota.describe": [
    `{"plugin":{"Name":"lyre","Version":"2.1.0","Author":"Ada","GitHubRepository":"https://lyre.invalid","Logo":"","ConfigFields":null}}`,
    `{"supported_providers":["lyre"],"display_name":"Lyre","supports_reset":true}`
  ],
  "quota.fetch": [
    `{"auth_index":"00ff","auth_id":"a","provider":"lyre","storage_json":"e30=","metadata":{"plan":"team"},"host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}},"host_callback_id":"31"}`,
    `{"subscription":{"plan":"team","tierName":"Team"},"summary":[{"key":"spent","label":"Spent","value":1.25,"currency":"EUR"}],"serverTimeOffsetMs":-20,"groups":[{"displayName":"All","buckets":[{"window":"5h","remainingFraction":0.4,"resetTime":"2031-01-01T00:00:00Z"}]}]}`
  ],
  "quota.reset": [
    `{"auth_index":"00ff","auth_id":"a","provider":"lyre","host":{"AuthDir":"/var/creds","ProxyURL":"http://proxy.invalid:3128","ForceModelPrefix":false,"OAuthModelAlias":{"lyre":[{"Name":"lyre-2","Alias":"harp"}]},"ExcludedModels":{"lyre":["lyre-0"]}}}`,
    `{"success":true,"message":"done"}`
  ],
  "host.http.do": [
    `{"host_callback_id":"7","operation_id":"12","method":"PUT","url":"https://up.invalid/v1","headers":{"X-A":["1"]},"body":"e30="}`,
    `{"StatusCode":500,"Headers":{"X-A":["1"]},"Body":"e30="}`
  ],
  "host.http.do_stream": [
    `{"request":{"method":"GET","url":"https://up.invalid"}}`,
    `{"status_code":200,"headers":{"X-A":["1"]},"stream_id":"2"}`
  ],
  "host.http.operation_open": [`{"host_callback_id":"7"}`, `{"operation_id":"12"}`],
  "host.http.cancel": [`{"host_callback_id":"7","operation_id":"12"}`, `{}`],
  "host.http.stream_read": [`{"stream_id":"2"}`, `{"payload":"e30="}`],
  "host.http.stream_close": [`{"stream_id":"2"}`, `{}`],
  "host.stream.emit": [`{"stream_id":"3","payload":"e30="}`, `{}`],
  "host.stream.close": [`{"stream_id":"3","error":"reset by peer"}`, `{}`],
  "host.log": [`{"level":"warn","message":"slow","fields":{"ms":900}}`, `{}`],
  "host.model.execute": [
    `{"entry_protocol":"openai","exit_protocol":"","model":"lyre-2","stream":false,"body":"e30=","headers":null,"query":{"beta":["1"]},"alt":"","host_callback_id":"7"}`,
    `{"status_code":200,"headers":null,"body":"e30="}`
  ],
  "host.model.execute_stream": [
    `{"entry_protocol":"openai","exit_protocol":"","model":"lyre-2","stream":true,"body":"e30=","headers":null,"query":{"beta":["1"]},"alt":"","host_callback_id":"7"}`,
    `{"status_code":200,"headers":{"X-A":["1"]},"stream_id":"1"}`
  ],
  "host.model.stream_read": [`{"stream_id":"1"}`, `{"payload":null,"error":"upstream reset","done":true}`],
  "host.model.stream_close": [`{"stream_id":"1"}`, `{}`],
  "host.auth.list": [
    `{}`,
    `{"files":[{"id":"a","name":"a.json","size":42,"modtime":"2031-01-01T00:00:00Z","updated_at":"2031-01-01T00:00:00Z","created_at":"2031-01-01T00:00:00Z","last_refresh":"0001-01-01T00:00:00Z","next_retry_after":"0001-01-01T00:00:00Z","priority":-2,"recent_requests":[{"time":"10:00-10:10","success":3,"failed":0}]}]}`
  ],
  "host.auth.get": [
    `{"auth_index":"00ff"}`,
    `{"auth_index":"00ff","name":"a.json","path":"/var/creds/a.json","json":{"type":"lyre","n":[null,{}]}}`
  ],
  "host.auth.get_runtime": [
    `{"auth_index":"00ff"}`,
    `{"auth":{"name":"a","disabled":true,"runtime_only":true,"source":"memory","modtime":"0001-01-01T00:00:00Z","updated_at":"0001-01-01T00:00:00Z","created_at":"0001-01-01T00:00:00Z","last_refresh":"0001-01-01T00:00:00Z","next_retry_after":"0001-01-01T00:00:00Z"}}`
  ],
  "host.auth.save": [`{"name":"a.json","json":{"type":"lyre"}}`, `{"name":"a.json","path":"/var/creds/a.json"}`],
  "host.affinity.lookup": [
    `{"provider":"lyre","model":"lyre-2","session_id":"s"}`,
    `{"status":"bound","auth_index":"00ff","observed_at":"2031-01-01T00:00:00Z","unavailable":true}`
  ],
  "host.routing.reset_cooldown": [`{"auth_index":"00ff"}`, `{"auth_index":"00ff","models":["lyre-2"]}`]
}
