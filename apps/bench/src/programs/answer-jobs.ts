import type { JobMessage, JobOutcome } from "../child-program.ts"

const send = (outcome: JobOutcome) => process.send?.(outcome)

/** Answers every job that the parent process sends, one at a time; ends this process when the parent is gone. */
export const answerJobs = (answer: (job: never) => unknown): void => {
  const answerOne = async ({ id, job }: JobMessage) => {
    try {
      send({ id, answer: await answer(job as never) })
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
  process.on("message", (message: JobMessage) => void answerOne(message))
  process.on("disconnect", () => process.exit())
}
