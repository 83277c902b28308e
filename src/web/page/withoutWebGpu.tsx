/** What to do where the browser has no WebGPU. */
export function WithoutWebGpu() {
  return (
    <section class="warnings" aria-label="No WebGPU">
      <p>
        <b>This browser offers no WebGPU here</b>, so nothing can be computed; studies open without it. WebGPU is in
        Chrome and Edge from version 113 (Windows, macOS, ChromeOS; Android from 121), Safari from 26, and Firefox from
        141 on Windows and from 147 on Macs with Apple's processors (145 on macOS 26). On Linux, Chrome has it from 144
        for Intel's newer and from 147 for NVIDIA's processors, else behind{' '}
        <code>chrome://flags/#enable-unsafe-webgpu</code>.
      </p>
      {!isSecureContext && (
        <p>This address is not secure: browsers give WebGPU to pages by https and on this machine (localhost) only.</p>
      )}
    </section>
  );
}
