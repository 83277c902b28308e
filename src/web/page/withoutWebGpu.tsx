/** What to do where the browser has no WebGPU. */
export function WithoutWebGpu() {
  return (
    <section class="warnings" aria-label="No WebGPU">
      <p>
        <b>This browser offers no WebGPU here</b>, so nothing can be computed; studies open without it. WebGPU is in
        Chrome and Edge from version 113 (Windows, macOS, ChromeOS; Android from 121), Safari from 26, and Firefox from
        141 on Windows and 145 on Macs with Apple's processors. On Linux, Chrome has it from 144 for some drivers, else
        behind <code>chrome://flags/#enable-unsafe-webgpu</code>.
      </p>
      {!isSecureContext && (
        <p>This address is not secure: browsers give WebGPU to pages by https and on this machine (localhost) only.</p>
      )}
    </section>
  );
}
