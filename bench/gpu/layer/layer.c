// A Vulkan layer for drivers that compile for a GPU that is not there: Mesa's RADV with RADV_FORCE_FAMILY, NVK on the shim of its kernel driver.
//
// 1. Recording and submitting of commands does nothing and succeeds, waiting ends at once. What is read back is zeros.
// 2. Every compute pipeline is asked for its statistics and its assembly (VK_KHR_pipeline_executable_properties), which go to the folder
//    $GPU_LAYER_FOLDER: a line of JSON for each pipeline in pipelines.jsonl, and N.asm, what the driver made of it. The line has as its
//    label what the environment variable GPU_LAYER_LABEL is when the pipeline is created.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define EXPORT __attribute__((visibility("default")))
#define MOST 64

typedef struct {
  void *key;
  VkDevice device;
  PFN_vkGetDeviceProcAddr next;
  PFN_vkDestroyDevice destroy;
  PFN_vkCreateComputePipelines create;
  PFN_vkGetPipelineExecutablePropertiesKHR properties;
  PFN_vkGetPipelineExecutableStatisticsKHR statistics;
  PFN_vkGetPipelineExecutableInternalRepresentationsKHR representations;
} Device;

typedef struct {
  void *key;
  VkInstance instance;
  PFN_vkGetInstanceProcAddr next;
  PFN_vkDestroyInstance destroy;
} Instance;

static Instance instances[MOST];
static Device devices[MOST];
static int pipelines = 0;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *key_of(void *handle) { return *(void **)handle; }

static Instance *instance_of(void *handle) {
  for (int i = 0; i < MOST; i++)
    if (instances[i].key == key_of(handle)) return &instances[i];
  return NULL;
}

static Device *device_of(void *handle) {
  for (int i = 0; i < MOST; i++)
    if (devices[i].key == key_of(handle)) return &devices[i];
  return NULL;
}

// ---- what would execute -------------------------------------------------------------------------------------------------------------

static VkResult succeed(void) { return VK_SUCCESS; }
static void nothing(void) {}

// A fence or a semaphore.
static VKAPI_ATTR VkResult VKAPI_CALL create_signal(VkDevice device, const void *info, const VkAllocationCallbacks *allocator,
                                                    uint64_t *made) {
  (void)device;
  (void)info;
  (void)allocator;
  static uint64_t count = 0;
  *made = ++count;
  return VK_SUCCESS;
}

static PFN_vkVoidFunction stub_of(const char *name) {
  static const char *const ok[] = {
      "vkBeginCommandBuffer", "vkEndCommandBuffer", "vkResetCommandBuffer", "vkQueueSubmit",     "vkQueueSubmit2",
      "vkQueueSubmit2KHR",    "vkQueueWaitIdle",    "vkDeviceWaitIdle",     "vkGetFenceStatus",  "vkWaitForFences",
      "vkResetFences",        "vkResetCommandPool", "vkQueueBindSparse",    "vkWaitSemaphores",  "vkUpdateDescriptorSets",
  };
  static const char *const signals[] = {"vkCreateFence", "vkCreateSemaphore"};
  static const char *const idle[] = {"vkDestroyFence", "vkDestroySemaphore", "vkDestroyCommandPool", "vkFreeCommandBuffers"};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (strcmp(name, signals[i]) == 0) return (PFN_vkVoidFunction)create_signal;
  for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
    if (strcmp(name, idle[i]) == 0) return (PFN_vkVoidFunction)nothing;
  if (strncmp(name, "vkCmd", 5) == 0) return (PFN_vkVoidFunction)nothing;
  for (size_t i = 0; i < sizeof ok / sizeof *ok; i++)
    if (strcmp(name, ok[i]) == 0) return (PFN_vkVoidFunction)succeed;
  return NULL;
}

// ---- statistics ---------------------------------------------------------------------------------------------------------------------

static void write_text(FILE *out, const char *text) {
  fputc('"', out);
  for (; *text != 0; text++) {
    if (*text == '"' || *text == '\\') fputc('\\', out);
    if ((unsigned char)*text < 32) fprintf(out, "\\u%04x", *text);
    else fputc(*text, out);
  }
  fputc('"', out);
}

static void write_file(const char *folder, int n, const char *ending, const void *data, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%04d.%s", folder, n, ending);
  FILE *file = fopen(path, "wb");
  if (file == NULL) return;
  fwrite(data, 1, bytes, file);
  fclose(file);
}

static void write_representations(Device *d, const VkPipelineExecutableInfoKHR *info, const char *folder, int n) {
  uint32_t count = 0;
  if (d->representations(d->device, info, &count, NULL) != VK_SUCCESS || count == 0) return;
  VkPipelineExecutableInternalRepresentationKHR *all = calloc(count, sizeof *all);
  for (uint32_t i = 0; i < count; i++) all[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
  d->representations(d->device, info, &count, all);
  for (uint32_t i = 0; i < count; i++) all[i].pData = calloc(1, all[i].dataSize + 1);
  d->representations(d->device, info, &count, all);
  for (uint32_t i = 0; i < count; i++) {
    if (strcasestr(all[i].name, "assembly") != NULL) write_file(folder, n, "asm", all[i].pData, strlen(all[i].pData));
    free(all[i].pData);
  }
  free(all);
}

static void report(Device *d, VkPipeline pipeline, const char *folder) {
  pthread_mutex_lock(&lock);
  int n = pipelines++;
  const char *label = getenv("GPU_LAYER_LABEL");
  char path[4096];
  snprintf(path, sizeof path, "%s/pipelines.jsonl", folder);
  FILE *out = fopen(path, "a");
  if (out == NULL) goto done;
  fprintf(out, "{\"n\":%d,\"label\":", n);
  write_text(out, label == NULL ? "" : label);
  if (d->properties != NULL) {
    VkPipelineInfoKHR of = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
    uint32_t count = 0;
    d->properties(d->device, &of, &count, NULL);
    VkPipelineExecutablePropertiesKHR *all = calloc(count + 1, sizeof *all);
    for (uint32_t i = 0; i < count; i++) all[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR;
    d->properties(d->device, &of, &count, all);
    fprintf(out, ",\"executables\":[");
    for (uint32_t e = 0; e < count; e++) {
      VkPipelineExecutableInfoKHR executable = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, e};
      fprintf(out, "%s{\"name\":", e ? "," : "");
      write_text(out, all[e].name);
      fprintf(out, ",\"subgroupSize\":%u,\"statistics\":{", all[e].subgroupSize);
      uint32_t values = 0;
      d->statistics(d->device, &executable, &values, NULL);
      VkPipelineExecutableStatisticKHR *found = calloc(values + 1, sizeof *found);
      for (uint32_t i = 0; i < values; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
      d->statistics(d->device, &executable, &values, found);
      for (uint32_t i = 0; i < values; i++) {
        if (i) fputc(',', out);
        write_text(out, found[i].name);
        if (found[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR) fprintf(out, ":%g", found[i].value.f64);
        else fprintf(out, ":%llu", (unsigned long long)found[i].value.u64);
      }
      fprintf(out, "}}");
      free(found);
      write_representations(d, &executable, folder, n);
    }
    fprintf(out, "]");
    free(all);
  }
  fprintf(out, "}\n");
  fclose(out);
done:
  pthread_mutex_unlock(&lock);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_compute_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                               const VkComputePipelineCreateInfo *infos,
                                                               const VkAllocationCallbacks *allocator, VkPipeline *made) {
  Device *d = device_of(device);
  const char *folder = getenv("GPU_LAYER_FOLDER");
  if (folder == NULL || *folder == 0) return d->create(device, cache, count, infos, allocator, made);
  for (uint32_t i = 0; i < count; i++) {
    VkComputePipelineCreateInfo info = infos[i];
    if (d->properties != NULL)
      info.flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
    VkResult result = d->create(device, VK_NULL_HANDLE, 1, &info, allocator, &made[i]);
    if (result != VK_SUCCESS) return result;
    report(d, made[i], folder);
  }
  return VK_SUCCESS;
}

// ---- the layer ----------------------------------------------------------------------------------------------------------------------

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator,
                                                      VkInstance *made) {
  VkLayerInstanceCreateInfo *chain = (VkLayerInstanceCreateInfo *)info->pNext;
  while (chain != NULL &&
         !(chain->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && chain->function == VK_LAYER_LINK_INFO))
    chain = (VkLayerInstanceCreateInfo *)chain->pNext;
  if (chain == NULL) return VK_ERROR_INITIALIZATION_FAILED;
  PFN_vkGetInstanceProcAddr next = chain->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  chain->u.pLayerInfo = chain->u.pLayerInfo->pNext;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)next(NULL, "vkCreateInstance");
  VkResult result = create(info, allocator, made);
  if (result != VK_SUCCESS) return result;
  for (int i = 0; i < MOST; i++)
    if (instances[i].key == NULL) {
      // Later the loader would answer with its own functions, which call this layer again.
      instances[i] = (Instance){
          key_of(*made),
          *made,
          next,
          (PFN_vkDestroyInstance)next(*made, "vkDestroyInstance"),
      };
      break;
    }
  return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL destroy_instance(VkInstance instance, const VkAllocationCallbacks *allocator) {
  Instance *found = instance_of(instance);
  if (found == NULL) return;
  PFN_vkDestroyInstance destroy = found->destroy;
  *found = (Instance){0};
  destroy(instance, allocator);
}

static int has_extension(VkPhysicalDevice physical, PFN_vkGetInstanceProcAddr next, VkInstance instance, const char *name) {
  PFN_vkEnumerateDeviceExtensionProperties enumerate =
      (PFN_vkEnumerateDeviceExtensionProperties)next(instance, "vkEnumerateDeviceExtensionProperties");
  uint32_t count = 0;
  enumerate(physical, NULL, &count, NULL);
  VkExtensionProperties *all = calloc(count, sizeof *all);
  enumerate(physical, NULL, &count, all);
  int found = 0;
  for (uint32_t i = 0; i < count; i++) found |= strcmp(all[i].extensionName, name) == 0;
  free(all);
  return found;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *given,
                                                    const VkAllocationCallbacks *allocator, VkDevice *made) {
  VkLayerDeviceCreateInfo *chain = (VkLayerDeviceCreateInfo *)given->pNext;
  while (chain != NULL && !(chain->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO && chain->function == VK_LAYER_LINK_INFO))
    chain = (VkLayerDeviceCreateInfo *)chain->pNext;
  Instance *instance = instance_of(physical);
  if (chain == NULL || instance == NULL) return VK_ERROR_INITIALIZATION_FAILED;
  PFN_vkGetInstanceProcAddr next_instance = chain->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  PFN_vkGetDeviceProcAddr next = chain->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  chain->u.pLayerInfo = chain->u.pLayerInfo->pNext;
  VkDeviceCreateInfo info = *given;
  const char **names = calloc(info.enabledExtensionCount + 1, sizeof *names);
  memcpy(names, given->ppEnabledExtensionNames, info.enabledExtensionCount * sizeof *names);
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, NULL, VK_TRUE};
  int statistics = has_extension(physical, next_instance, instance->instance, VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME);
  if (statistics) {
    names[info.enabledExtensionCount++] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
    info.ppEnabledExtensionNames = names;
    feature.pNext = (void *)info.pNext;
    info.pNext = &feature;
  }
  PFN_vkCreateDevice create = (PFN_vkCreateDevice)next_instance(instance->instance, "vkCreateDevice");
  VkResult result = create(physical, &info, allocator, made);
  free(names);
  if (result != VK_SUCCESS) return result;
  for (int i = 0; i < MOST; i++)
    if (devices[i].key == NULL) {
      Device d = {.key = key_of(*made), .device = *made, .next = next};
      d.destroy = (PFN_vkDestroyDevice)next(*made, "vkDestroyDevice");
      d.create = (PFN_vkCreateComputePipelines)next(*made, "vkCreateComputePipelines");
      if (statistics) {
        d.properties = (PFN_vkGetPipelineExecutablePropertiesKHR)next(*made, "vkGetPipelineExecutablePropertiesKHR");
        d.statistics = (PFN_vkGetPipelineExecutableStatisticsKHR)next(*made, "vkGetPipelineExecutableStatisticsKHR");
        d.representations = (PFN_vkGetPipelineExecutableInternalRepresentationsKHR)next(
            *made, "vkGetPipelineExecutableInternalRepresentationsKHR");
      }
      devices[i] = d;
      break;
    }
  return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL destroy_device(VkDevice device, const VkAllocationCallbacks *allocator) {
  Device *found = device_of(device);
  if (found == NULL) return;
  PFN_vkDestroyDevice destroy = found->destroy;
  *found = (Device){0};
  destroy(device, allocator);
}

static PFN_vkVoidFunction replaced(const char *name, PFN_vkVoidFunction real) {
  if (real == NULL) return NULL;
  PFN_vkVoidFunction own = stub_of(name);
  return own != NULL ? own : real;
}

EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL null_GetDeviceProcAddr(VkDevice device, const char *name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)null_GetDeviceProcAddr;
  if (strcmp(name, "vkDestroyDevice") == 0) return (PFN_vkVoidFunction)destroy_device;
  if (strcmp(name, "vkCreateComputePipelines") == 0) return (PFN_vkVoidFunction)create_compute_pipelines;
  Device *found = device_of(device);
  PFN_vkVoidFunction real = found == NULL ? NULL : found->next(device, name);
  return replaced(name, real);
}

EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL null_GetInstanceProcAddr(VkInstance instance, const char *name) {
  if (strcmp(name, "vkGetInstanceProcAddr") == 0) return (PFN_vkVoidFunction)null_GetInstanceProcAddr;
  if (strcmp(name, "vkCreateInstance") == 0) return (PFN_vkVoidFunction)create_instance;
  if (strcmp(name, "vkDestroyInstance") == 0) return (PFN_vkVoidFunction)destroy_instance;
  if (strcmp(name, "vkCreateDevice") == 0) return (PFN_vkVoidFunction)create_device;
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)null_GetDeviceProcAddr;
  if (strcmp(name, "vkCreateComputePipelines") == 0) return (PFN_vkVoidFunction)create_compute_pipelines;
  if (strcmp(name, "vkDestroyDevice") == 0) return (PFN_vkVoidFunction)destroy_device;
  Instance *found = instance == NULL ? NULL : instance_of(instance);
  PFN_vkVoidFunction real = found == NULL ? NULL : found->next(instance, name);
  return replaced(name, real);
}

EXPORT VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version) {
  version->loaderLayerInterfaceVersion = 2;
  version->pfnGetInstanceProcAddr = null_GetInstanceProcAddr;
  version->pfnGetDeviceProcAddr = null_GetDeviceProcAddr;
  version->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
