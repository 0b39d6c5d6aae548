import type { MetricFamily, MetricSample } from "@cliproxy/pipeline"

/** Media type of the text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8"

const escapeLabel = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')

const sampleLine = (name: string, { labels, suffix = "", value }: MetricSample): string => {
  const written = labels.map(([label, text]) => `${label}="${escapeLabel(text)}"`).join(",")
  return `${name}${suffix}${written === "" ? "" : `{${written}}`} ${value}`
}

/** Metrics in the text format of Prometheus. */
export const metricsText = (families: ReadonlyArray<MetricFamily>): string =>
  families
    .flatMap(({ help, name, samples, type }) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples.map((sample) => sampleLine(name, sample)),
      ""
    ])
    .join("\n")
